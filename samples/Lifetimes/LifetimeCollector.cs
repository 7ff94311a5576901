using ForkFollow.Collectors;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace Lifetimes;

/// <summary>
/// A collector of one's own: the first of a run is made by the services of the host, and each process gets a clone while it is
/// held in its first stop. This one needs nothing in the kernel; when its process has ended, what it has found out goes to the
/// results of the process, and to a singleton that adds up those of all.
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
        string program = (process.Execs is [.., var last] ? last : process.Found) is { } image ? Path.GetFileName(image.Path) : $"({process.Comm})";
        long lifetime = process.EndTimestamp - process.StartTimestamp;
        _table.Add(program, lifetime);
        result.SetValue("lifetimes.lifetime", lifetime / 1e9, "s");
        if (process.Execs.Count > 0)
            result.SetTable(new("lifetimes.programs", [new("program"), new("time", "s")], [.. Programs(process)]));
    }

    /// <summary>How long each program of a process ran, and before the first one that of its parent, or the one that it was found running.</summary>
    private static IEnumerable<IReadOnlyList<ResultCell>> Programs(FollowedProcess process)
    {
        string name = process.Found is { } found ? Path.GetFileName(found.Path) : "(fork)";
        long since = process.StartTimestamp;
        foreach (ExecImage image in process.Execs)
        {
            if (image.Timestamp > since)
                yield return [name, (image.Timestamp - since) / 1e9];
            (name, since) = (Path.GetFileName(image.Path), Math.Max(since, image.Timestamp));
        }

        yield return [name, (process.EndTimestamp - since) / 1e9];
    }
}
