using ForkFollow.Follower;

namespace ForkFollow.Collectors;

/// <summary>
/// <c>rusage</c>: user and system time, peak RSS, faults, context switches. The follower learns them when it reaps, at no
/// cost; so there is nothing to open, and it is always on.
/// </summary>
public sealed class RusageCollector : Collector
{
    /// <summary>The first of its kind.</summary>
    public RusageCollector()
        : base(parent: null)
    {
    }

    private RusageCollector(Collector parent)
        : base(parent)
    {
    }

    /// <inheritdoc/>
    public override string Name => "rusage";

    /// <inheritdoc/>
    public override bool ClosesSlowly => false;

    /// <inheritdoc/>
    protected override Collector MakeAlike() => new RusageCollector(this);

    /// <inheritdoc/>
    protected override bool OnOpen(FollowedProcess process) => true;

    /// <inheritdoc/>
    protected override void OnClose(ProcessResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        result.Usage = result.Process.Usage;
    }
}
