using ForkFollow.Collectors.Capture;
using static ForkFollow.Host.DoctorVerdict;

namespace ForkFollow.Host;

/// <summary>What follows from all facts together: which uses of forkfollow will work.</summary>
internal static class DoctorSummary
{
    private const string Context = "context-switches";

    /// <summary>A line for each use.</summary>
    internal static IEnumerable<DoctorItem> Judge(DoctorFacts facts) =>
        [Launch(facts), AttachToOwn(facts), AttachToOthers(facts), Counters(facts), KernelEvents(facts), Cpu(facts.Cpu), OffCpu(facts.OffCpu),
            Syscalls(facts.Syscalls), DotNet(facts)];

    /// <summary>It has been tried; with wrong settings no run begins.</summary>
    internal static bool CanLaunch(DoctorFacts facts) => facts is { LaunchFailure: null, SettingFaults.Count: 0 };

    /// <summary>
    /// A launched command is our descendant, so that its success says nothing of Yama's restriction: 1 leaves descendants
    /// alone to who lacks the capability, 2 nobody, and 3 forbids it to everybody.
    /// </summary>
    internal static bool CanAttachToOwn(DoctorFacts facts) => CanLaunch(facts) && facts.PtraceScope switch
    {
        null or 0 => true,
        1 or 2 => facts.Has(DoctorCapability.SysPtrace),
        _ => false,
    };

    private static string SeeWhat(DoctorFacts facts) => facts.LaunchFailure is null ? "see settings above" : "see ptrace above";

    private static DoctorItem Launch(DoctorFacts facts) => CanLaunch(facts)
        ? new(Ok, "launch and follow", "forkfollow -- COMMAND")
        : new(Missing, "launch and follow", SeeWhat(facts));

    private static DoctorItem AttachToOwn(DoctorFacts facts)
    {
        const string Name = "attach to your own";
        if (!CanAttachToOwn(facts))
            return new(Missing, Name, CanLaunch(facts) ? "see yama ptrace_scope above" : SeeWhat(facts));
        return facts.HasChildrenFiles
            ? new(Ok, Name, "forkfollow -p PID")
            : new(Limited, Name, "without the children that a target has already; see children in /proc above");
    }

    private static DoctorItem AttachToOthers(DoctorFacts facts)
    {
        const string Name = "attach to others'";
        if (!CanAttachToOwn(facts))
            return new(Missing, Name, "as for your own");
        return facts.Has(DoctorCapability.SysPtrace)
            ? new(Ok, Name, "processes of other users")
            : new(Missing, Name, "processes of other users need CAP_SYS_PTRACE", "run as root");
    }

    private static DoctorItem Counters(DoctorFacts facts) => facts switch
    {
        { CountingFailure: not null } => new(Missing, "counters", "see counters above; rusage is always there"),
        { UserOnly: true } => new(Limited, "counters", "in user mode only; see perf_event_paranoid above"),
        _ => new(Ok, "counters", "--collect counters"),
    };

    private static DoctorItem Cpu(ProfileCheck check) => check switch
    {
        { Refusal: { } refusal } => new(Missing, "cpu samples", refusal),
        { WholeMachine: true } => new(Ok, "cpu samples", $"--collect cpu, by {check.CpuEvent}, user and kernel"),
        _ => new(
            Limited, "cpu samples",
            $"by {check.CpuEvent}, {(check.UserOnly ? "in user mode only, " : "")}and none of processes that use less CPU time "
            + "than a period; CAP_PERFMON has all"),
    };

    private static DoctorItem OffCpu(ProfileCheck check) => check switch
    {
        { Refusal: { } refusal } => new(Missing, "waiting", refusal),
        { WholeMachine: true } => new(Ok, "waiting", "--collect offcpu, with run-queue delay"),
        _ => new(Limited, "waiting", "--collect offcpu; run-queue delay only of who was preempted; CAP_PERFMON has all"),
    };

    private static DoctorItem Syscalls(ProfileCheck check) => check.Refusal is { } refusal
        ? new(Missing, "system calls", refusal)
        : new(Ok, "system calls", "--collect syscalls, and tracepoints with -e");

    /// <summary>It needs what following needs: the target's environment and its temporary folder, through /proc.</summary>
    private static DoctorItem DotNet(DoctorFacts facts) => CanLaunch(facts)
        ? new(Ok, ".NET runtimes", "--collect dotnet")
        : new(Missing, ".NET runtimes", SeeWhat(facts));

    private static DoctorItem KernelEvents(DoctorFacts facts) =>
        facts.CountingFailure is null && !facts.UserOnly && facts.Events.Contains(Context)
            ? new(Ok, "counters of the kernel", "context switches, migrations, and what a process does in the kernel")
            : new(Missing, "counters of the kernel", "see perf_event_paranoid and counters above");
}
