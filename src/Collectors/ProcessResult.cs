using ForkFollow.Collectors.DotNet;
using ForkFollow.Collectors.Recording;
using ForkFollow.Follower;

namespace ForkFollow.Collectors;

/// <summary>
/// All that was collected for one process. The tracer thread and the closer thread write it; any thread may read it,
/// and finds null where something is not known yet.
/// </summary>
public sealed class ProcessResult
{
    private readonly Collector?[] _open;
    private MethodMap? _methods;

    internal ProcessResult(int collectors) => _open = new Collector?[collectors];

    /// <summary>The process.</summary>
    public FollowedProcess Process { get; internal set; } = null!;

    /// <summary>What it used itself; null until its collectors are closed.</summary>
    public ResourceUsage? Usage { get; internal set; }

    /// <summary>Counts by event, in the order of <see cref="CounterSettings.Events"/>; null if nothing was counted.</summary>
    public CounterValues? Counters { get; internal set; }

    /// <summary>How many samples of all kinds there are of it; complete after its end.</summary>
    public long Samples { get; internal set; }

    /// <summary>How many records of it were lost since a ring was full.</summary>
    public long Lost { get; internal set; }

    /// <summary>What its threads waited; null if that was not collected, and before its end.</summary>
    public RecordedWaits? Waits { get; internal set; }

    /// <summary>Its system calls, the longest total first; null if there are none, and before its end.</summary>
    public IReadOnlyList<RecordedSyscall>? Syscalls { get; internal set; }

    /// <summary>How often each traced event happened; null if there is none, and before its end.</summary>
    public IReadOnlyDictionary<string, long>? Events { get; internal set; }

    /// <summary>How it looked over time; null if that was not collected, and before its end.</summary>
    public IReadOnlyList<RecordedTick>? Procfs { get; internal set; }

    /// <summary>What its .NET runtime told; null if it has none, that was not collected, and before its stream ended.</summary>
    public RecordedDotNet? DotNet { get; internal set; }

    /// <summary>
    /// Its runtime will tell its methods (<see cref="GiveMethods"/>), at the latest before the profile session is ended: the
    /// functions of its code are told no earlier. Set while the process lives.
    /// </summary>
    internal bool AwaitsMethods { get; set; }

    /// <summary>Its other incarnation: the process that had the same pid before.</summary>
    internal ProcessResult? SamePidBefore { get; set; }

    /// <summary>The names of the collectors that were opened on it. The same list for all processes that have the same.</summary>
    public IReadOnlyList<string> CollectorNames { get; internal set; } = [];

    /// <summary>Its collectors, null where one was not opened.</summary>
    internal Span<Collector?> Open => _open;

    /// <summary>Hands over the methods of its runtime. Any thread.</summary>
    internal void GiveMethods(MethodMap methods) => Volatile.Write(ref _methods, methods);

    /// <summary>Takes them, so that they are not kept longer than they are needed. Null if they are not there.</summary>
    internal MethodMap? TakeMethods() => Interlocked.Exchange(ref _methods, null);
}
