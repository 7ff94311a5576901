using System.Globalization;

namespace ForkFollow.Follower.KernelTests;

/// <summary>What a process used is its own, and not its children's.</summary>
public sealed class UsageTests : KernelTest
{
    [Theory]
    [InlineData(100, 300)]
    [InlineData(300, 100)]
    public async Task CPU_time_is_the_process_own(int own, int childs)
    {
        FollowedProcess root = await RunAsync("usage", "burn", $"{own}", $"{childs}");
        AssertExit(0, root);
        AssertBurnt(own, root);
        AssertBurnt(childs, Seen.Of(Call.Born)[1]);
    }

    [Theory]
    [InlineData(1000, 5000)]
    [InlineData(5000, 1000)]
    public async Task Faults_and_peak_memory_are_the_process_own(int own, int childs)
    {
        FollowedProcess root = await RunAsync("usage", "touch", $"{own}", $"{childs}");
        AssertExit(0, root);
        AssertTouched(own, root);
        AssertTouched(childs, Seen.Of(Call.Born)[1]);
    }

    [Fact]
    public async Task Peak_memory_of_a_small_program_is_not_that_of_the_large_one_that_ran_it()
    {
        FollowedProcess root = await RunAsync("usage", "big", "100");
        AssertExit(0, root);
        FollowedProcess child = Seen.Of(Call.Born)[1];
        Assert.InRange(root.Usage!.MaxRssBytes, 100L << 20, 120L << 20);
        Assert.InRange(child.Usage!.MaxRssBytes, 1, 20L << 20);
    }

    [Fact]
    public async Task Of_an_attached_process_counts_what_it_uses_from_then_on()
    {
        Tracee tracee = await StartAsync("witness", "burn", "400", "touch", "5000", "sleep", "300", "threads", "20", "fork", "20", "go",
            "burn", "100", "touch", "1000", "sleep", "50", "threads", "5", "fork", "5", "go");
        string before = await tracee.Output.NextAsync();
        FollowSession session = await AttachAsync(tracee.Pid);
        tracee.Send("go");
        string after = await tracee.Output.NextAsync();
        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
        FollowedProcess process = Seen.Of(Call.Attached)[0];
        AssertBetween(before, after, process);
        AssertBurnt(100, process);
        Assert.InRange(process.Usage!.MaxRssBytes, 5000 * 4096L, (5000 * 4096L) + (8 << 20)); // its program's, since that began
    }

    [Fact]
    public async Task Process_that_is_let_go_alive_has_all_its_figures_until_then()
    {
        Tracee tracee = await StartAsync("witness", "burn", "400", "touch", "5000", "sleep", "300", "threads", "20", "fork", "20", "go",
            "burn", "100", "touch", "1000", "sleep", "50", "threads", "5", "fork", "5", "go");
        string before = await tracee.Output.NextAsync();
        FollowSession session = await AttachAsync(tracee.Pid);
        tracee.Send("go");
        string after = await tracee.Output.NextAsync();
        await EndAsync(session);
        FollowedProcess process = Seen.Of(Call.Attached)[0];
        Assert.Equal(ProcessEnd.Detached, process.End);
        AssertBetween(before, after, process);
        AssertBurnt(100, process);
        Assert.InRange(process.Usage!.MaxRssBytes, 5000 * 4096L, (5000 * 4096L) + (8 << 20));
        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
    }

    [Fact]
    public async Task What_the_command_leaves_behind_has_all_its_figures_until_it_is_let_go()
    {
        // The shell ends when the witness waits for a line, which never comes.
        string fifo = FileName("fifo");
        string witness = $"{Programs.PathOf("witness")} -io {Pipes.Arguments[1]} {fifo} burn 50 touch 2000 sleep 100 signal 200 fork 3 go";
        FollowSession session = await LaunchAsync(new LaunchOptions
        {
            Command = ["/bin/sh", "-c", $"mkfifo {fifo}; {witness} & read line < {fifo}; echo $line > {Pipes.Arguments[2]}"],
            Until = FollowUntil.Root,
        });
        long[] own = Figures(await Pipes.Output.NextAsync());
        await CompleteAsync(session);
        FollowedProcess left = Assert.Single(Seen.Of(Call.Detached));
        ResourceUsage usage = left.Usage!;
        AssertBurnt(50, left);
        Assert.InRange(usage.MaxRssBytes, 2000 * 4096L, (2000 * 4096L) + (8 << 20));
        Assert.InRange(usage.MinorFaults, own[2], own[2] + 60);
        AssertSwitches(own[3], usage);
        Assert.InRange(usage.VoluntarySwitches!.Value, 100, 120);
    }

    [Theory]
    [InlineData("signal", 1000)]
    [InlineData("fork", 200)]
    [InlineData("threads", 200)]
    public async Task Our_stops_are_not_among_the_switches(string work, int count)
    {
        FollowSession session = await LaunchAsync("witness", "sleep", "50", work, $"{count}", "go");
        FollowedProcess root = session.Root!;
        long[] own = Figures(await Pipes.Output.NextAsync());
        Pipes.Send("go");
        await CompleteAsync(session);
        ResourceUsage usage = root.Usage!;
        int perPiece = work == "signal" ? 1 : 2; // the fork, and SIGCHLD; the clone, and the thread's birth
        Assert.InRange(usage.Stops, perPiece * count, (perPiece * count) + 5);

        // Of its own: 50 sleeps, the waits for each child and thread, the last switch of each thread, and some at its beginning and end.
        int atMost = work == "signal" ? 0 : 2 * count;
        Assert.InRange(usage.VoluntarySwitches!.Value, 50, 60 + atMost);
        AssertSwitches(own[3], usage);
        Assert.All(Seen.Of(Call.Born).Skip(1), child => Assert.InRange(child.Usage!.VoluntarySwitches!.Value, 0, 1));
    }

    [Fact]
    public async Task Parent_of_a_launched_process_is_who_it_sees()
    {
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = ["/bin/sh", "-c", $"echo $PPID > {Pipes.Arguments[2]}"] });
        string parent = await Pipes.Output.NextAsync();
        await CompleteAsync(session);
        Assert.Equal(int.Parse(parent, CultureInfo.InvariantCulture), session.Root!.ParentPid);
    }

    private static long[] Figures(string line) => [.. line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];

    /// <summary>What the process itself has counted from one line to the next, and a little at both ends.</summary>
    private static void AssertBetween(string before, string after, FollowedProcess process)
    {
        long[] counted = [.. Figures(before).Zip(Figures(after), (one, other) => other - one)];
        ResourceUsage usage = process.Usage!;
        Assert.InRange(usage.UserNs + usage.SystemNs, (counted[0] + counted[1] - 20_000) * 1000, (counted[0] + counted[1] + 20_000) * 1000);
        Assert.InRange(usage.MinorFaults, counted[2] - 5, counted[2] + 60);
        AssertSwitches(counted[3], usage);
        Assert.InRange(usage.VoluntarySwitches!.Value, 50, 80);
    }

    /// <summary>
    /// The kernel has counted our stops too. From its line to its end a process switches a few times more: to wait for a line, at a stop of
    /// ours, for a lock of the kernel; and a little may be before our beginning.
    /// </summary>
    private static void AssertSwitches(long kernels, ResourceUsage usage) =>
        Assert.InRange(usage.VoluntarySwitches!.Value + usage.Stops, kernels - 10, kernels + 15);

    private static void AssertBurnt(int milliseconds, FollowedProcess process)
    {
        ResourceUsage usage = process.Usage!;
        double used = (usage.UserNs + usage.SystemNs) / 1e6;
        Assert.InRange(used, milliseconds * 0.98, milliseconds * 1.2);
    }

    private static void AssertTouched(int pages, FollowedProcess process)
    {
        ResourceUsage usage = process.Usage!;
        Assert.InRange(usage.MinorFaults, pages, pages + 800);
        Assert.InRange(usage.MaxRssBytes, pages * 4096L, (pages * 4096L) + (8 << 20));
    }
}
