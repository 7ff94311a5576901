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

    /// <summary>What was read of its .NET runtimes, one for each program that brought one; empty before its end.</summary>
    internal IReadOnlyList<RuntimeSummary> Runtimes { get; private set; } = [];

    /// <summary>Its other incarnation: the process that had the same pid before.</summary>
    internal ProcessResult? SamePidBefore { get; set; }

    /// <summary>The names of the collectors that were opened on it. The same list for all processes that have the same.</summary>
    public IReadOnlyList<string> CollectorNames { get; internal set; } = [];

    /// <summary>Its collectors, null where one was not opened.</summary>
    internal Span<Collector?> Open => _open;

    /// <summary>Adds a runtime. Any thread.</summary>
    internal void AddRuntime(RuntimeSummary summary)
    {
        lock (_open)
            Runtimes = [.. Runtimes, summary];
    }
}
