using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>
/// What one process used itself while it was followed, its children not included: of a launched one from its first instruction on, of an
/// attached one from then on. Immutable.
/// </summary>
/// <param name="UserNs">Time in user mode, nanoseconds.</param>
/// <param name="SystemNs">Time in the kernel, nanoseconds.</param>
/// <param name="MaxRssBytes">Peak resident set of its last program, bytes; from the start of that, even if we attached later.</param>
/// <param name="MinorFaults">Page faults without I/O.</param>
/// <param name="MajorFaults">Page faults with I/O.</param>
/// <param name="VoluntarySwitches">Times it gave up the CPU, but for our stops; null if that is not known.</param>
/// <param name="InvoluntarySwitches">Times it was preempted; null like the above.</param>
public sealed record ResourceUsage(
    long UserNs,
    long SystemNs,
    long MaxRssBytes,
    long MinorFaults,
    long MajorFaults,
    long? VoluntarySwitches,
    long? InvoluntarySwitches)
{
    /// <summary>How often we stopped its threads: each time is a voluntary switch more to the kernel, and to perf.</summary>
    public long Stops { get; init; }
}

/// <summary>Context switches of a thread or a process, as the kernel counts them.</summary>
internal readonly record struct Switches(long Voluntary, long Involuntary)
{
    public static Switches operator +(Switches one, Switches other) =>
        new(one.Voluntary + other.Voluntary, one.Involuntary + other.Involuntary);

    public static Switches operator -(Switches one, Switches other) =>
        new(one.Voluntary - other.Voluntary, one.Involuntary - other.Involuntary);

    internal static Switches Of(in rusage usage) => new(usage.ru_nvcsw, usage.ru_nivcsw);
}

/// <summary>
/// Tells a process's own resource usage from that of its children, and from what it had used before us. wait4(2) hands the tracer the
/// sum of it all (RUSAGE_BOTH): a make that did nothing would seem to have burnt what its compilers did. So:
/// <list type="bullet">
/// <item>times come from the zombie's own CPU clock, to the nanosecond;</item>
/// <item>faults come from /proc/PID/stat, which has its own and its reaped children's apart;</item>
/// <item>switches are those of its threads, each read in /proc when it is a zombie or is let go;</item>
/// <item>the peak RSS is that of the address space it dies with (VmHWM at its exit stop): rusage's goes over all
/// programs that it ever ran and starts with its parent's after a vfork.</item>
/// </list>
/// A process that never had a child needs none of that: then the sum is its own.
/// <para>Reading each thread that ends would be dear, so it is done for an attached process alone, of whose former threads and children the
/// sum does not tell. Of another one that has lost threads unread, switches are the sum less that of the children we reaped, if the fault
/// counts prove that it has reaped these very children. That may be one too many for each child: the last switch of a zombie, out of its
/// exit, can come between our reaping and its parent's.</para>
/// <para>A stop of ours is one voluntary switch: no request is answered before the tracee is off its CPU (ptrace_check_attach in the
/// kernel's ptrace.c).</para>
/// </summary>
internal struct UsageAccount
{
    private Beginning _beginning;
    private UsageSample _before;
    private Switches _reaped;
    private long _reapedMinorFaults;
    private bool _hadChildren;
    private Switches _ofThreads;
    private bool _lostThread;
    private long _stops;

    /// <summary>VmHWM at the exit stop, bytes; 0 if there was none.</summary>
    internal long PeakAtExit;

    /// <summary>What was used before it begins.</summary>
    private enum Beginning
    {
        /// <summary>Nothing: it was born of a process that is followed.</summary>
        Birth,

        /// <summary>What it did in our gate.</summary>
        Launch,

        /// <summary>A life of its own, perhaps with threads and children that have ended.</summary>
        Attach,

        /// <summary>The same, and it is not known how much.</summary>
        Unknown,
    }

    /// <summary>Whether the switches of each thread must be added when it ends, and not of the last one alone.</summary>
    internal readonly bool CountsThreads => _beginning == Beginning.Attach;

    /// <summary>Whether the zombie must be looked at before it is reaped.</summary>
    internal readonly bool NeedsSample => _hadChildren || _beginning != Beginning.Birth;

    internal void StartLaunched(in UsageSample sample) => (_beginning, _before, _stops) = (Beginning.Launch, sample, 0);

    internal void StartAttached(in UsageSample sample) => (_beginning, _before) = (Beginning.Attach, sample);

    internal void StartUnknown() => _beginning = Beginning.Unknown;

    internal void AddReapedChild(in rusage child)
    {
        _hadChildren = true;
        _reapedMinorFaults += child.ru_minflt;
        _reaped += Switches.Of(child);
    }

    internal void NoteChild() => _hadChildren = true;

    internal void CountStop() => _stops++;

    /// <summary>Adds what a thread that has ended, or is let go, has switched while it was watched.</summary>
    internal void AddThread(Switches switches) => _ofThreads += switches;

    /// <summary>A thread is gone whose switches were not added.</summary>
    internal void LoseThread() => _lostThread = true;

    /// <summary>The usage of a dead process; null if it cannot be told from what is not its own.</summary>
    internal readonly ResourceUsage? Settle(in rusage both, in UsageSample own)
    {
        long peak = PeakAtExit != 0 ? PeakAtExit : both.ru_maxrss * 1024;
        if (!NeedsSample)
        {
            return Make(
                both.ru_utime.Nanoseconds, both.ru_stime.Nanoseconds, peak, both.ru_minflt, both.ru_majflt, Switches.Of(both));
        }

        Switches? all = OfThreads;
        if (all is null && !CountsThreads && own.ChildMinorFaults == _reapedMinorFaults)
            all = Switches.Of(both) - _reaped - _before.Switches;
        return Settle(own, peak, all);
    }

    /// <summary>The usage of a process that lives on; null if that is not known.</summary>
    internal readonly ResourceUsage? SettleAlive(in UsageSample own) => Settle(own, own.PeakRssBytes, OfThreads);

    private readonly Switches? OfThreads => _lostThread ? null : _ofThreads;

    private readonly ResourceUsage? Settle(in UsageSample own, long peak, Switches? switches)
    {
        if (own.CpuNs == 0 || _beginning == Beginning.Unknown)
            return null;
        (long user, long system) = own.SplitFrom(_before);
        return Make(user, system, peak, own.MinorFaults - _before.MinorFaults, own.MajorFaults - _before.MajorFaults, switches);
    }

    /// <summary>A thread that is killed in its stop may not have got so far as to switch: so never less than none.</summary>
    private readonly ResourceUsage Make(long user, long system, long peak, long minor, long major, Switches? all) =>
        new(user, system, peak, minor, major, all is { } one ? Math.Max(0, one.Voluntary - _stops) : null, all?.Involuntary)
        {
            Stops = _stops,
        };
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
    internal Switches Switches;
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
