using ForkFollow.Follower;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// <c>cpu</c>, <c>offcpu</c>, <c>syscalls</c>, <c>trace</c>: all that a <see cref="ProfileSession"/> collects through its rings. The
/// session opens the events of all of them at once; children inherit them, so that a clone costs no system call.
/// </summary>
internal sealed class StreamCollector : Collector
{
    private readonly ProfileSession _session;

    internal StreamCollector(ProfileSession session, IReadOnlyList<string> names)
        : this(parent: null, session, names)
    {
    }

    private StreamCollector(Collector? parent, ProfileSession session, IReadOnlyList<string> names)
        : base(parent)
    {
        _session = session;
        Names = names;
    }

    /// <inheritdoc/>
    public override string Name => Names[0];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public override bool ClosesSlowly => false;

    /// <inheritdoc/>
    protected override Collector MakeAlike() => new StreamCollector(this, _session, Names);

    /// <inheritdoc/>
    protected override bool OnOpen(FollowedProcess process) => _session.Enter(process);

    /// <inheritdoc/>
    protected override void OnExeced(FollowedProcess process, in ExecView image) => _session.Execed(process, image);

    /// <inheritdoc/>
    protected override void OnClose(ProcessResult result) => _session.Left(result);
}
