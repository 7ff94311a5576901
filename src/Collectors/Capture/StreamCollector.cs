using ForkFollow.Follower;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// <c>cpu</c>, <c>offcpu</c>, <c>syscalls</c> or <c>trace</c>: what a <see cref="ProfileSession"/> collects through its
/// rings. The session opens the events of all of them at once; children inherit them, so that a clone costs no system call.
/// </summary>
internal sealed class StreamCollector : Collector
{
    private readonly ProfileSession _session;

    internal StreamCollector(string name, ProfileSession session)
        : this(parent: null, name, session)
    {
    }

    private StreamCollector(Collector? parent, string name, ProfileSession session)
        : base(parent)
    {
        Name = name;
        _session = session;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool ClosesSlowly => false;

    /// <inheritdoc/>
    protected override Collector MakeAlike() => new StreamCollector(this, Name, _session);

    /// <inheritdoc/>
    protected override bool OnOpen(FollowedProcess process) => _session.Enter(process);

    /// <inheritdoc/>
    protected override void OnExeced(FollowedProcess process) => _session.Execed(process);

    /// <inheritdoc/>
    protected override void OnClose(ProcessResult result) => _session.Left(result);
}
