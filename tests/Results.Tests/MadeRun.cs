using System.Collections.Concurrent;

namespace ForkFollow.Results.Tests;

/// <summary>A run that nobody follows: a test says what comes about. Any thread may read, one test writes.</summary>
internal sealed class MadeRun(IReadOnlyList<string>? command = null) : LiveRun(command)
{
    private readonly List<MadeProcess> _processes = [];
    private readonly ConcurrentQueue<RecordedNote> _ledger = new();

    public override RecordedFollower Follower => Figures;

    public override IEnumerable<(long HeldNs, long Count)> Held => HeldTimes;

    public override IEnumerable<RecordedNote> Ledger => _ledger;

    public override IEnumerable<(string Kind, long Count)> LedgerOmitted => Omitted;

    public override int LedgerCount => _ledger.Count;

    internal IReadOnlyList<(string, long)> Omitted { get; set; } = [];

    internal RecordedFollower Figures { get; set; } = new(0, 0, 0, 0, new(0, 0, 0));

    internal IReadOnlyList<(long, long)> HeldTimes { get; set; } = [];

    /// <summary>No process of this machine has it: pid_max is 4,194,304 at most.</summary>
    internal static int Pid(int id) => 2_000_000_000 + id;

    public override void Note(string text) => Note("collector", 0, text);

    public override int CopyTo(List<LiveProcess> target, int first, int most)
    {
        lock (_processes)
        {
            int end = Math.Min(first - 1 + Math.Min(most, _processes.Count), _processes.Count);
            target.AddRange(_processes[(first - 1)..end]);
            return end < _processes.Count ? end + 1 : 0;
        }
    }

    internal void Note(string kind, int pid, string text) => _ledger.Enqueue(new(kind, pid, text));

    /// <summary>Somebody is born: the next id. With a parent it is a fork, and has its parent's program until it executes its own.</summary>
    internal MadeProcess Begin(MadeProcess? parent = null, int? pid = null, string origin = "fork", string comm = "sh", long startNs = 0)
    {
        MadeProcess process;
        lock (_processes)
        {
            int id = _processes.Count + 1;
            process = new(this, parent, new()
            {
                Id = id,
                ParentId = parent?.Id,
                Pid = pid ?? Pid(id),
                ParentPid = parent?.Pid ?? 0,
                Origin = origin,
                StartNs = startNs,
                Comm = comm,
                Threads = 1,
                End = "alive",
            });
            _processes.Add(process);
            Count++;
            Alive++;
        }

        Change();
        return process;
    }

    internal void Change(bool ended = false)
    {
        if (ended)
            Alive--;
        AddChange();
        WakeWaiters();
    }
}

/// <summary>A process of a <see cref="MadeRun"/>.</summary>
internal sealed class MadeProcess(MadeRun run, MadeProcess? parent, RecordedProcess begun) : LiveProcess
{
    private volatile RecordedProcess _now = begun;
    private bool _isOpen;

    public override int Id => _now.Id;

    public override int? ParentId => _now.ParentId;

    public override int Pid => _now.Pid;

    public override string Origin => _now.Origin;

    public override string Name => _now.Name;

    public override string Comm => _now.Comm;

    public override int ExecCount => _now.Execs.Count;

    public override RecordedExec? Image => _now.Image ?? parent?.Image;

    public override long StartNs => _now.StartNs;

    public override bool HasEnded => _now.End != "alive";

    public override int UnbornChildren => 0;

    public override bool IsClosed => HasEnded && !Volatile.Read(ref _isOpen);

    public override RecordedProcess Record() => _now with
    {
        DotNet = DotNet,
        Values = Values.Count > 0 ? Values : null,
        Tables = Tables.Count > 0 ? Tables : null,
    };

    internal MadeProcess Exec(string path, params string[] args) => Exec(path, args, StartNs + 1_000_000);

    internal MadeProcess Exec(string path, string[] args, long atNs)
    {
        _now = _now with { Comm = Path.GetFileName(path), Execs = [.. _now.Execs, new(atNs, path, args)] };
        run.Change();
        return this;
    }

    /// <summary>It was found running that when it was attached to.</summary>
    internal MadeProcess Found(string path, string[] args, long atNs)
    {
        _now = _now with { Comm = Path.GetFileName(path), Found = new(atNs, path, args) };
        run.Change();
        return this;
    }

    /// <summary>It ends, and its collectors close, unless they are to be open still.</summary>
    internal MadeProcess End(
        RecordedExit? exit = null, string end = "exited", long endNs = 50_000_000, RecordedUsage? usage = null, bool stillOpen = false)
    {
        Volatile.Write(ref _isOpen, stillOpen);
        _now = _now with { Exit = end == "exited" ? exit ?? new() : null, End = end, EndNs = endNs, Rusage = usage };
        run.Change(ended: true);
        return this;
    }

    /// <summary>Its collectors have closed, late.</summary>
    internal void Close(RecordedUsage usage)
    {
        _now = _now with { Rusage = usage };
        Volatile.Write(ref _isOpen, false);
        run.Change();
    }

    internal void GiveNames(params string[] collectors) => CollectorNames = collectors;
}
