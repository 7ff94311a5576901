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

    /// <summary>The names of the collectors that were opened on it. The same list for all processes that have the same.</summary>
    public IReadOnlyList<string> CollectorNames { get; internal set; } = [];

    /// <summary>Its collectors, null where one was not opened.</summary>
    internal Span<Collector?> Open => _open;
}
