using ForkFollow.Follower;
using ForkFollow.Results;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors;

/// <summary>
/// All that was collected for one process. The tracer thread and the closer thread write it; any thread may read it,
/// and finds null where something is not known yet.
/// </summary>
public sealed class ProcessResult : LiveProcess
{
    private readonly RunResults _run;
    private readonly Collector?[] _open;
    private MethodMap? _methods;
    private bool _closed;

    internal ProcessResult(RunResults run, int collectors)
    {
        _run = run;
        _open = new Collector?[collectors];
    }

    /// <summary>The process.</summary>
    public FollowedProcess Process { get; internal set; } = null!;

    /// <inheritdoc/>
    public override int Id => Process.Id;

    /// <inheritdoc/>
    public override int? ParentId => Process.Parent?.Id;

    /// <inheritdoc/>
    public override int Pid => Process.Pid;

    /// <inheritdoc/>
    public override string Origin => Words.Of(Process.Origin);

    /// <inheritdoc/>
    public override string Comm => Process.Comm;

    /// <inheritdoc/>
    public override int ExecCount => Process.Execs.Count;

    /// <inheritdoc/>
    public override string Name => Process.Name;

    /// <inheritdoc/>
    public override RecordedExec? Image => Process.Image is { } image ? Record(image) : null;

    /// <inheritdoc/>
    public override long StartNs => Process.StartTimestamp - _run.StartTimestamp;

    /// <inheritdoc/>
    public override bool HasEnded => Process.End != ProcessEnd.Alive;

    /// <inheritdoc/>
    public override int UnbornChildren => Process.UnbornChildren;

    /// <inheritdoc/>
    public override bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>What it used itself; null until its collectors are closed.</summary>
    public ResourceUsage? Usage { get; internal set; }

    /// <summary>Counts by event, in the order of the counters' settings; null if nothing was counted.</summary>
    public CounterValues? Counters { get; internal set; }

    /// <summary>
    /// Its runtime will tell its methods (<see cref="GiveMethods"/>), at the latest before the profile session is ended: the
    /// functions of its code are told no earlier. Set while the process lives.
    /// </summary>
    internal bool AwaitsMethods { get; set; }

    /// <summary>Its other incarnation: the process that had the same pid before.</summary>
    internal ProcessResult? SamePidBefore { get; set; }

    /// <summary>Its collectors, null where one was not opened.</summary>
    internal Span<Collector?> Open => _open;

    /// <inheritdoc/>
    public override RecordedProcess Record()
    {
        long start = _run.StartTimestamp;
        ProcessEnd end = Process.End;
        return new()
        {
            Id = Id,
            ParentId = ParentId,
            Pid = Pid,
            ParentPid = Process.ParentPid,
            Origin = Origin,
            StartNs = StartNs,
            EndNs = end == ProcessEnd.Alive ? null : Process.EndTimestamp - start,
            Name = Name,
            Executable = RecordedExec.WithoutMark(Process.Image?.Path ?? ""),
            Comm = Comm,
            Found = Process.Found is { } found ? Record(found) : null,
            Execs = [.. Process.Execs.Select(Record)],
            Threads = Process.ThreadsSeen,
            Exit = Words.Of(Process.Exit),
            End = Words.Of(end),
            Rusage = Words.Of(Usage ?? Process.Usage),
            Counters = CountersByName(),
            Samples = Samples,
            Lost = Lost,
            Waits = Waits,
            Syscalls = Syscalls,
            Procfs = Procfs,
            DotNet = DotNet,
            Values = Values is { Count: > 0 } values ? values : null,
            Tables = Tables is { Count: > 0 } tables ? tables : null,
            Collectors = CollectorNames,
        };
    }

    private RecordedExec Record(ExecImage image) =>
        new(image.Timestamp - _run.StartTimestamp, image.Path, image.GetArguments(), image.GetName());

    /// <summary>The last of its collectors is closed.</summary>
    internal void SetClosed() => Volatile.Write(ref _closed, true);

    /// <summary>A collector threw: says so in the ledger.</summary>
    internal void NoteFault(Collector collector, string call, Exception fault) => _run.Note(
        Pid,
        $"the collector {collector.Name} failed at {call} for {Process}: {fault.GetType().Name}: {fault.Message.ReplaceLineEndings(" ")}; "
        + "what it collects is missing for that process, or is not whole");

    internal void SetCollectorNames(IReadOnlyList<string> names) => CollectorNames = names;

    /// <summary>Hands over the methods of its runtime. Any thread.</summary>
    internal void GiveMethods(MethodMap methods) => Volatile.Write(ref _methods, methods);

    /// <summary>Takes them, so that they are not kept longer than they are needed. Null if they are not there.</summary>
    internal MethodMap? TakeMethods() => Interlocked.Exchange(ref _methods, null);

    private Dictionary<string, long> CountersByName()
    {
        var counters = new Dictionary<string, long>();
        for (int i = 0; i < (Counters?.Events.Count ?? 0); i++)
            counters[Counters!.Events[i]] = Counters.Values[i];
        foreach ((string name, long count) in Events ?? new Dictionary<string, long>())
            counters[name] = count;
        return counters;
    }
}
