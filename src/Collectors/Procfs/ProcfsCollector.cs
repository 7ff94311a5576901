using ForkFollow.Follower;

namespace ForkFollow.Collectors.Procfs;

/// <summary>
/// <c>procfs</c>: memory, threads, files and storage bytes of a process over time, as /proc has them. Opening it is a
/// push to a list; the first look comes with the next round of its session, the last one in the exit stop, where the
/// memory is still there. What has no exit stop ends with what the last round saw.
/// </summary>
public sealed class ProcfsCollector : Collector
{
    private readonly ProcfsSession _session;
    private TickWatch _watch = new();

    /// <summary>The first of its kind.</summary>
    public ProcfsCollector(ProcfsSession session)
        : this(parent: null, session)
    {
    }

    private ProcfsCollector(Collector? parent, ProcfsSession session)
        : base(parent) => _session = session;

    /// <inheritdoc/>
    public override string Name => "procfs";

    /// <inheritdoc/>
    protected override Collector MakeAlike() => new ProcfsCollector(this, _session);

    /// <inheritdoc/>
    protected override bool OnOpen(FollowedProcess process)
    {
        _watch.Process = process;
        _session.Add(_watch);
        return true;
    }

    /// <inheritdoc/>
    protected override void OnExiting(FollowedProcess process)
    {
        if (ProcfsSession.Read(process, out Tick tick))
            _watch.SetLast(tick);
    }

    /// <inheritdoc/>
    protected override void OnClose(ProcessResult result)
    {
        ArgumentNullException.ThrowIfNull(result);

        // It was let go and lives on: then this is the last moment that is ours.
        if (result.Process.End == ProcessEnd.Detached)
            OnExiting(result.Process);
        result.Procfs = _watch.Take(_session.StartTimestamp);
        _watch = new();
    }
}
