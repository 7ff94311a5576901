using ForkFollow.Collectors;
using ForkFollow.Follower;

namespace Lifetimes;

/// <summary>
/// A collector of one's own: the first of a run is made by the services of the host, and each process gets a clone while it is
/// held in its first stop. This one needs nothing in the kernel; what it counts goes to a singleton when its process has ended.
/// </summary>
internal sealed class LifetimeCollector : Collector
{
    private readonly LifetimeTable _table;

    public LifetimeCollector(LifetimeTable table)
        : this(parent: null, table)
    {
    }

    private LifetimeCollector(Collector? parent, LifetimeTable table)
        : base(parent) => _table = table;

    /// <inheritdoc/>
    public override string Name => "lifetime";

    /// <inheritdoc/>
    protected override Collector MakeAlike() => new LifetimeCollector(this, _table);

    /// <inheritdoc/>
    protected override bool OnOpen(FollowedProcess process) => true;

    /// <summary>On the closer thread, which may wait and allocate.</summary>
    protected override void OnClose(ProcessResult result)
    {
        FollowedProcess process = result.Process;
        string program = process.Execs is [.., var last] ? Path.GetFileName(last.Path) : $"({process.Comm})";
        _table.Add(program, process.EndTimestamp - process.StartTimestamp);
    }
}
