using ForkFollow.Follower;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// <c>dotnet</c>: the events of the .NET runtimes of a tree, by an EventPipe session for each. What is to be done in a stop
/// is done by <see cref="DotNetSession"/> and costs a program that is no .NET host a statx.
/// </summary>
public sealed class DotNetCollector : Collector
{
    private readonly DotNetSession _session;

    /// <summary>The first of its kind.</summary>
    public DotNetCollector(DotNetSession session)
        : this(parent: null, session)
    {
    }

    private DotNetCollector(Collector? parent, DotNetSession session)
        : base(parent) => _session = session;

    /// <inheritdoc/>
    public override string Name => "dotnet";

    /// <inheritdoc/>
    protected override Collector MakeAlike() => new DotNetCollector(this, _session);

    /// <inheritdoc/>
    protected override bool OnOpen(FollowedProcess process)
    {
        _session.Enter(process);
        return true;
    }

    /// <inheritdoc/>
    protected override void OnExeced(FollowedProcess process, in ExecView image) => _session.Execed(process, image);

    /// <inheritdoc/>
    protected override void OnClose(ProcessResult result) => _session.Left(result.Process);
}
