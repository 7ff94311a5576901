using System.Runtime.InteropServices;

namespace ForkFollow.Host.Tests;

public class DoctorTests
{
    private const ulong AllCapabilities = 0x1ff_ffff_ffff;

    private static readonly DoctorFacts _root = new()
    {
        KernelRelease = "6.18.44-generic",
        PtraceScope = 1,
        PerfEventParanoid = 2,
        Events = ["task-clock", "context-switches", "cpu-migrations", "page-faults", "cycles", "instructions"],
        Capabilities = AllCapabilities,
        TracefsMount = "/sys/kernel/tracing",
        LockedMemoryLimit = 8_388_608,
        OpenFilesLimit = 20_000,
        HasChildrenFiles = true,
        Cpu = new(null, "cycles", WholeMachine: true),
        OffCpu = new(null, WholeMachine: true),
    };

    private static readonly DoctorFacts _user = _root with
    {
        Capabilities = 0,
        PtraceScope = 0,
        Events = ["task-clock", "page-faults"],
        UserOnly = true,
        TracepointRefusal = "cannot read tracepoints: /sys/kernel/tracing/events is not ours to read; run as root",
        Cpu = new(null, "cpu-clock", UserOnly: true),
        OffCpu = new("offcpu cannot be collected"),
        Syscalls = new("syscalls cannot be collected"),
    };

    [Fact]
    public void Root_can_do_everything()
    {
        Assert.All(DoctorChecks.Judge(_root), item => Assert.Equal(DoctorVerdict.Ok, item.Verdict));
        Assert.All(DoctorSummary.Judge(_root), item => Assert.Equal(DoctorVerdict.Ok, item.Verdict));
        Assert.Equal(0, Doctor.Run(TextWriter.Null, _root));
    }

    [Fact]
    public void A_user_can_follow_his_own_and_count_in_user_mode()
    {
        Assert.Equal(0, Doctor.Run(TextWriter.Null, _user));
        Assert.Equal(
            [
                DoctorVerdict.Ok, DoctorVerdict.Ok, DoctorVerdict.Missing, DoctorVerdict.Limited, DoctorVerdict.Missing,
                DoctorVerdict.Limited, DoctorVerdict.Missing, DoctorVerdict.Missing, DoctorVerdict.Ok,
            ],
            DoctorSummary.Judge(_user).Select(item => item.Verdict));
    }

    [Theory]
    [InlineData(null, 0UL, true)]
    [InlineData(0, 0UL, true)]
    [InlineData(1, 0UL, false)]
    [InlineData(1, 1UL << 19, true)]
    [InlineData(2, 0UL, false)]
    [InlineData(2, 1UL << 19, true)]
    [InlineData(2, ~(1UL << 19), false)]
    [InlineData(3, AllCapabilities, false)]
    public void Attaching_to_ones_own_is_what_yama_permits(int? scope, ulong capabilities, bool permitted)
    {
        DoctorFacts facts = _user with { PtraceScope = scope, Capabilities = capabilities };

        Assert.Equal(permitted, DoctorSummary.CanAttachToOwn(facts));
        Assert.Equal(permitted ? 0 : 1, Doctor.Run(TextWriter.Null, facts));
        Assert.Equal(
            permitted ? DoctorVerdict.Ok : scope == 1 ? DoctorVerdict.Limited : DoctorVerdict.Missing,
            Item(facts, "yama").Verdict);
    }

    [Fact]
    public void If_launching_fails_nothing_can_be_followed()
    {
        DoctorFacts facts = _root with { LaunchFailure = "cannot trace our own child" };

        Assert.Equal(1, Doctor.Run(TextWriter.Null, facts));
        Assert.Equal(DoctorVerdict.Missing, Item(facts, "ptrace").Verdict);
        Assert.Equal("cannot trace our own child", Item(facts, "ptrace").Finding);
        Assert.All(DoctorSummary.Judge(facts).Take(3), item => Assert.Equal(DoctorVerdict.Missing, item.Verdict));
    }

    [Theory]
    [InlineData("6.18.44-fc-v657", DoctorVerdict.Ok)]
    [InlineData("5.13.0", DoctorVerdict.Ok)]
    [InlineData("5.13-rc1", DoctorVerdict.Ok)]
    [InlineData("5.12.19", DoctorVerdict.Limited)]
    [InlineData("3.4.0", DoctorVerdict.Limited)]
    [InlineData("3.3.8", DoctorVerdict.Missing)]
    [InlineData("unknown", DoctorVerdict.Missing)]
    public void The_kernel_must_be_new_enough(string release, object expected) =>
        Assert.Equal((DoctorVerdict)expected, Item(_root with { KernelRelease = release }, "kernel").Verdict);

    [Fact]
    public void An_architecture_that_was_never_tried_is_said() =>
        Assert.Equal(DoctorVerdict.Limited, Item(_root with { Architecture = Architecture.S390x }, "architecture").Verdict);

    [Theory]
    [InlineData(null, AllCapabilities, DoctorVerdict.Missing)]
    [InlineData(-1, 0UL, DoctorVerdict.Ok)]
    [InlineData(1, 0UL, DoctorVerdict.Ok)]
    [InlineData(2, 0UL, DoctorVerdict.Limited)]
    [InlineData(2, 1UL << 38, DoctorVerdict.Ok)]
    [InlineData(4, 0UL, DoctorVerdict.Limited)]
    [InlineData(4, 1UL << 21, DoctorVerdict.Ok)]
    public void Perf_event_paranoid_binds_who_lacks_the_capability(int? level, ulong capabilities, object expected)
    {
        DoctorFacts facts = _user with { PerfEventParanoid = level, Capabilities = capabilities };

        Assert.Equal((DoctorVerdict)expected, Item(facts, "perf_event_paranoid").Verdict);
    }

    [Fact]
    public void If_nothing_can_be_counted_the_reason_is_given_and_following_works()
    {
        DoctorFacts facts = _user with { Events = [], UserOnly = false, CountingFailure = "cannot count events: why; remedy" };

        Assert.Equal("cannot count events: why; remedy", Item(facts, "counters").Finding);
        Assert.Equal(DoctorVerdict.Missing, Item(facts, "counters").Verdict);
        Assert.Equal(DoctorVerdict.Limited, Item(facts, "hardware").Verdict);
        Assert.All(DoctorSummary.Judge(facts).Skip(3).Take(2), item => Assert.Equal(DoctorVerdict.Missing, item.Verdict));
        Assert.Equal(0, Doctor.Run(TextWriter.Null, facts));
    }

    [Theory]
    [InlineData("CAP_KILL", 5)]
    [InlineData("CAP_IPC_LOCK", 14)]
    [InlineData("CAP_SYS_PTRACE", 19)]
    [InlineData("CAP_SYS_ADMIN", 21)]
    [InlineData("CAP_PERFMON", 38)]
    [InlineData("CAP_BPF", 39)]
    public void Capabilities_are_told_one_by_one(string name, int bit)
    {
        Assert.Equal(DoctorVerdict.Ok, Item(_root with { Capabilities = 1UL << bit }, name).Verdict);
        Assert.Equal(DoctorVerdict.Missing, Item(_root with { Capabilities = ~(1UL << bit) }, name).Verdict);
    }

    [Theory]
    [InlineData(20_000L, DoctorVerdict.Ok, "about 3,290 processes")]
    [InlineData(1_024L, DoctorVerdict.Limited, "about 128 processes")]
    [InlineData(100L, DoctorVerdict.Limited, "about 0 processes")]
    [InlineData(null, DoctorVerdict.Ok, "no limit")]
    public void The_limit_of_open_files_is_told_in_processes(long? limit, object expected, string text)
    {
        DoctorItem item = Item(_root with { OpenFilesLimit = limit }, "open files");

        Assert.Equal((DoctorVerdict)expected, item.Verdict);
        Assert.Contains(text, item.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Little_locked_memory_binds_who_lacks_the_capability()
    {
        DoctorFacts little = _user with { LockedMemoryLimit = 65_536 };

        Assert.Equal(DoctorVerdict.Limited, Item(little, "locked memory").Verdict);
        Assert.Equal(DoctorVerdict.Ok, Item(little with { Capabilities = 1UL << 14 }, "locked memory").Verdict);
    }

    [Fact]
    public void Without_lists_of_children_attaching_is_limited()
    {
        DoctorFacts facts = _root with { HasChildrenFiles = false };

        Assert.Equal(DoctorVerdict.Limited, Item(facts, "children").Verdict);
        Assert.Equal(DoctorVerdict.Limited, DoctorSummary.Judge(facts).ElementAt(1).Verdict);
        Assert.Equal(0, Doctor.Run(TextWriter.Null, facts));
    }

    [Fact]
    public void A_seccomp_filter_is_suspected_only_if_something_fails()
    {
        DoctorFacts filtered = _root with { SeccompMode = 2 };

        Assert.Equal(DoctorVerdict.Ok, Item(filtered, "seccomp").Verdict);
        Assert.Equal(DoctorVerdict.Limited, Item(filtered with { LaunchFailure = "x" }, "seccomp").Verdict);
        Assert.Equal(DoctorVerdict.Limited, Item(filtered with { CountingFailure = "x" }, "seccomp").Verdict);
    }

    [Fact]
    public void Tracepoints_must_be_readable_where_tracefs_is_mounted_or_by_a_mount_of_our_own()
    {
        DoctorFacts refused = _root with { TracepointRefusal = "cannot read tracepoints; run as root" };

        Assert.Equal(new(DoctorVerdict.Ok, "tracefs", "/sys/kernel/tracing"), Item(_root, "tracefs"));
        Assert.Equal(DoctorVerdict.Ok, Item(_root with { TracefsMount = null }, "tracefs").Verdict);
        Assert.Equal(new(DoctorVerdict.Limited, "tracefs", "cannot read tracepoints", "run as root"), Item(refused, "tracefs"));
        Assert.Equal(DoctorVerdict.Missing, Item(refused with { TracefsMount = null }, "tracefs").Verdict);
    }

    [Fact]
    public void What_is_not_ok_has_a_remedy()
    {
        DoctorFacts worst = _user with
        {
            KernelRelease = "3.0",
            Architecture = Architecture.X86,
            PtraceScope = 3,
            LaunchFailure = "no",
            PerfEventParanoid = 4,
            Events = [],
            UserOnly = false,
            TracefsMount = null,
            LockedMemoryLimit = 1,
            HasChildrenFiles = false,
            SeccompMode = 2,
        };

        Assert.All(
            DoctorChecks.Judge(worst).Where(item => item.Verdict != DoctorVerdict.Ok),
            item => Assert.False(string.IsNullOrEmpty(item.Remedy), item.Name));
    }

    [Fact]
    public void The_container_hint_cannot_act_on_the_terminal()
    {
        using var output = new StringWriter();
        Doctor.Run(output, _root with { ContainerHint = "container=\x1b[2J" });

        Assert.Contains(@"container=\x1b[2J", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_are_a_verdict_a_name_and_a_finding_with_its_remedy()
    {
        using var output = new StringWriter();
        Doctor.Run(output, _user);

        string[] lines = output.ToString().Split('\n');
        Assert.Equal("ok       kernel                  6.18.44-generic", lines[0]);
        Assert.Contains(
            "limited  tracefs                 cannot read tracepoints: /sys/kernel/tracing/events is not ours to read; run as root", lines);
        Assert.Contains("yes      launch and follow       forkfollow -- COMMAND", lines);
    }

    [Fact]
    public void Capabilities_and_seccomp_are_read_from_proc()
    {
        const string Status = "Name:\tx\nCapInh:\t0000000000000001\nCapEff:\t000001fffeffffff\nSeccomp:\t2\nSeccomp_filters:\t1\n";

        Assert.Equal(0x1fffeffffffUL, DoctorFiles.Hexadecimal(Status, "CapEff"));
        Assert.Equal(2UL, DoctorFiles.Hexadecimal(Status, "Seccomp"));
        Assert.Equal(0UL, DoctorFiles.Hexadecimal(Status, "CapAmb"));
    }

    [Fact]
    public void Limits_are_read_from_proc()
    {
        const string Limits =
            "Limit                     Soft Limit           Hard Limit           Units     \n"
            + "Max open files            1024                 524288               files     \n"
            + "Max locked memory         unlimited            unlimited            bytes     \n";

        Assert.Equal(1024, DoctorFiles.Limit(Limits, "Max open files", hard: false));
        Assert.Equal(524_288, DoctorFiles.Limit(Limits, "Max open files", hard: true));
        Assert.Null(DoctorFiles.Limit(Limits, "Max locked memory", hard: true));
        Assert.Null(DoctorFiles.Limit(Limits, "Max nothing", hard: true));
    }

    [Fact]
    public void The_first_mount_of_a_type_counts()
    {
        const string Mounts = "proc /proc proc rw 0 0\nnodev /sys/kernel/tracing tracefs rw 0 0\nnodev /else tracefs rw 0 0\n";

        Assert.Equal("/sys/kernel/tracing", DoctorFiles.FindMount(Mounts, "tracefs"));
        Assert.Null(DoctorFiles.FindMount(Mounts, "debugfs"));
    }

    /// <summary>Whatever this machine is like, its facts are found, and the status says what the facts say.</summary>
    [Fact]
    public void This_machine_can_be_examined()
    {
        DoctorFacts facts = DoctorFacts.Gather();

        Assert.True(facts.KernelVersion.Major >= 3, facts.KernelRelease);
        Assert.NotEqual(facts.Events.Count == 0, facts.CountingFailure is null);
        Assert.NotNull(facts.OpenFilesLimit);
        Assert.Equal(
            facts.LaunchFailure is null && DoctorSummary.CanAttachToOwn(facts) ? 0 : 1, Doctor.Run(TextWriter.Null, facts));
    }

    private static DoctorItem Item(DoctorFacts facts, string name) =>
        Assert.Single(DoctorChecks.Judge(facts), item => item.Name.StartsWith(name, StringComparison.Ordinal));
}
