using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>What one process used itself, its children not included. Immutable.</summary>
/// <param name="UserNs">Time in user mode, nanoseconds.</param>
/// <param name="SystemNs">Time in the kernel, nanoseconds.</param>
/// <param name="MaxRssBytes">Peak resident set of its last program, bytes.</param>
/// <param name="MinorFaults">Page faults without I/O.</param>
/// <param name="MajorFaults">Page faults with I/O.</param>
/// <param name="VoluntarySwitches">Times it gave up the CPU; null if they cannot be told from its children's.</param>
/// <param name="InvoluntarySwitches">Times it was preempted; null like the above.</param>
public sealed record ResourceUsage(
    long UserNs,
    long SystemNs,
    long MaxRssBytes,
    long MinorFaults,
    long MajorFaults,
    long? VoluntarySwitches,
    long? InvoluntarySwitches);

/// <summary>
/// Tells a process's own resource usage from that of its children. wait4(2) hands the tracer the sum of both
/// (RUSAGE_BOTH): a make that did nothing would seem to have burnt what its compilers did. So:
/// <list type="bullet">
/// <item>times come from the zombie's own CPU clock, to the nanosecond;</item>
/// <item>faults come from /proc/PID/stat, which has its own and its reaped children's apart;</item>
/// <item>switches are the sum less that of the children we reaped, if the fault counts prove that the process has
/// reaped these very children, and are unknown otherwise;</item>
/// <item>the peak RSS is that of the address space it dies with (VmHWM at its exit stop): rusage's goes over all
/// programs that it ever ran and starts with its parent's after a vfork.</item>
/// </list>
/// A process that never had a child needs none of that: then the sum is its own.
/// </summary>
internal struct UsageAccount
{
    /// <summary>What a launched process had used in our gate, before its first instruction.</summary>
    private UsageSample _before;

    private long _childMinorFaults;
    private long _childVoluntary;
    private long _childInvoluntary;
    private bool _hadChildren;

    /// <summary>VmHWM at the exit stop, bytes; 0 if there was none.</summary>
    internal long PeakAtExit;

    internal void StartHere(in UsageSample sample) => _before = sample;

    internal void AddReapedChild(in rusage child)
    {
        _hadChildren = true;
        _childMinorFaults += child.ru_minflt;
        _childVoluntary += child.ru_nvcsw;
        _childInvoluntary += child.ru_nivcsw;
    }

    internal void NoteChild() => _hadChildren = true;

    /// <summary>Whether the zombie must be looked at before it is reaped.</summary>
    internal readonly bool NeedsSample => _hadChildren || _before.CpuNs != 0;

    internal readonly ResourceUsage Settle(in rusage both, in UsageSample own)
    {
        long peak = PeakAtExit != 0 ? PeakAtExit : both.ru_maxrss * 1024;
        if (!NeedsSample || own.CpuNs == 0)
        {
            return new(
                both.ru_utime.Nanoseconds, both.ru_stime.Nanoseconds, peak, both.ru_minflt, both.ru_majflt,
                both.ru_nvcsw, both.ru_nivcsw);
        }

        (long user, long system) = own.SplitFrom(_before);
        bool known = own.ChildMinorFaults == _childMinorFaults;
        return new(
            user,
            system,
            peak,
            own.MinorFaults - _before.MinorFaults,
            own.MajorFaults - _before.MajorFaults,
            known ? both.ru_nvcsw - _childVoluntary - _before.VoluntarySwitches : null,
            known ? both.ru_nivcsw - _childInvoluntary - _before.InvoluntarySwitches : null);
    }

    /// <summary>The usage of a process that lives on.</summary>
    internal readonly ResourceUsage? SettleAlive(in UsageSample own)
    {
        if (own.CpuNs == 0)
            return null;
        (long user, long system) = own.SplitFrom(_before);
        return new(
            user, system, own.PeakRssBytes, own.MinorFaults - _before.MinorFaults,
            own.MajorFaults - _before.MajorFaults, null, null);
    }
}

/// <summary>What /proc and the CPU clocks say of one process at one moment, its own use and its reaped children's apart.</summary>
internal struct UsageSample
{
    /// <summary>Time on a CPU, nanoseconds; 0: no sample.</summary>
    internal long CpuNs;

    /// <summary>The part of user mode in it, counted in ticks: only the proportion matters.</summary>
    internal long UserTicksNs;

    /// <summary>User and system time, counted in ticks.</summary>
    internal long BothTicksNs;

    internal long MinorFaults;
    internal long MajorFaults;
    internal long ChildMinorFaults;
    internal long VoluntarySwitches;
    internal long InvoluntarySwitches;
    internal long PeakRssBytes;

    /// <summary>The exact CPU time since <paramref name="before"/>, split as the ticks are split (as getrusage does).</summary>
    internal readonly (long User, long System) SplitFrom(in UsageSample before)
    {
        long cpu = CpuNs - before.CpuNs;
        long ticks = BothTicksNs - before.BothTicksNs;
        long userTicks = UserTicksNs - before.UserTicksNs;
        if (ticks <= 0)
            return (cpu, 0);
        long user = (long)((double)cpu * userTicks / ticks);
        return (user, cpu - user);
    }
}
