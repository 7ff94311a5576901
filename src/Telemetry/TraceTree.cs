using System.Diagnostics;
using ForkFollow.Results;

namespace ForkFollow.Telemetry;

/// <summary>A process and its span. On the run's reader.</summary>
internal sealed class SpanEntry(LiveProcess process)
{
    /// <summary>The process.</summary>
    internal LiveProcess Process { get; } = process;

    /// <summary>What is known of it, once it has ended and its collectors have handed over what they found out.</summary>
    internal RecordedProcess? Record { get; set; }

    /// <summary>Its span; null if it is not sampled, was dropped, or has been sent.</summary>
    internal Activity? Activity { get; set; }

    /// <summary>What its children's spans have as their parent.</summary>
    internal ActivityContext Context { get; set; }

    /// <summary>The trace contexts that its programs were started with, the last one last.</summary>
    internal ActivityContext[] Links { get; set; } = [];

    /// <summary>The links are those of the parent: no program of its own has been looked at.</summary>
    internal bool LinksInherited { get; set; } = true;

    /// <summary>So many programs have had their environment read, or were over before.</summary>
    internal int ExecsSeen { get; set; }

    /// <summary>When its end was seen, as a Stopwatch timestamp; 0 before.</summary>
    internal long EndSeen { get; set; }
}

/// <summary>
/// Makes a span for each process of a run, in birth order, so that a parent's exists before its children's, and says which
/// have ended with all their results in. Reads the environment of each program for a trace context while it still runs.
/// <para>On the run's reader, one thread at a time. What is kept for a process that has ended is let go when no child of it
/// can come any more.</para>
/// </summary>
internal sealed class TraceTree(LiveRun run, ActivitySource source, ActivityContext parent)
{
    private const int BatchSize = 256;
    private const int MostLinks = 8;

    /// <summary>Collectors are closed within milliseconds of an end; what has no figures after this long will have none.</summary>
    private static readonly long _closingPatience = 2 * Stopwatch.Frequency;

    private readonly Dictionary<int, SpanEntry> _entries = [];
    private readonly Dictionary<int, SpanEntry> _byPid = [];
    private readonly List<SpanEntry> _live = [];
    private readonly List<SpanEntry> _closing = [];
    private readonly List<SpanEntry> _leaving = [];
    private readonly List<SpanEntry> _childless = [];
    private readonly List<SpanEntry> _taken = [];
    private readonly List<LiveProcess> _batch = new(BatchSize);
    private readonly TraceContextReader _environment = new();
    private int _next = 1;

    /// <summary>The span that the launched process will have, made before the launch so that its context can be handed over.</summary>
    internal Activity? Prepared { get; private set; }

    /// <summary>How many processes have begun and not ended, or wait for their results.</summary>
    internal int Open => _live.Count + _closing.Count;

    /// <summary>Whether results of ended processes are still awaited.</summary>
    internal bool IsClosing => _closing.Count > 0;

    /// <summary>The launched process's span, or the first one; default before there is any.</summary>
    internal ActivityContext Root { get; private set; }

    /// <summary>What must not become a link: our own trace context, that was handed over or that we were started with.</summary>
    internal HashSet<(ActivityTraceId, ActivitySpanId)> Known { get; } = [(parent.TraceId, parent.SpanId)];

    /// <summary>Makes the launched process's span before there is a process.</summary>
    internal void Prepare()
    {
        Prepared = Start("launch", parent, DateTime.UtcNow);
        if (Prepared is not null)
            Known.Add((Prepared.TraceId, Prepared.SpanId));
    }

    /// <summary>Takes what is new.</summary>
    /// <param name="ended">Takes those that have ended and have their results.</param>
    /// <param name="final">The run is over: nothing more will come, and who lives is detached.</param>
    internal void Update(List<SpanEntry> ended, bool final)
    {
        ReleasePids();
        FindEnded(final);
        ReadBirths(final);
        ReadEnvironments();
        Forget();
        TakeClosed(ended, final);
    }

    /// <summary>The span of who has a pid, or had it last and has ended since the reading before; the root's if nobody followed has.</summary>
    internal ActivityContext ContextOf(int pid) => _byPid.TryGetValue(pid, out SpanEntry? entry) ? entry.Context : Root;

    /// <summary>A moment of the run, in nanoseconds from its start, by the wall clock.</summary>
    internal DateTime TimeOf(long ns) =>
        run.Started.UtcDateTime + new TimeSpan(ns / TimeSpan.NanosecondsPerTick);

    /// <summary>One reading later: what the ledger tells of an end comes with it, and is of that process.</summary>
    private void ReleasePids()
    {
        foreach (SpanEntry entry in _taken)
        {
            int pid = entry.Process.Pid;
            if (_byPid.GetValueOrDefault(pid) == entry)
                _byPid.Remove(pid);
        }

        _taken.Clear();
    }

    private void FindEnded(bool final)
    {
        for (int i = _live.Count - 1; i >= 0; i--)
        {
            SpanEntry entry = _live[i];
            if (!entry.Process.HasEnded && !final)
                continue;
            entry.EndSeen = Stopwatch.GetTimestamp();
            _closing.Add(entry);
            _leaving.Add(entry);
            _live[i] = _live[^1];
            _live.RemoveAt(_live.Count - 1);
        }
    }

    /// <summary>
    /// Who has ended and had no unborn child before the births were read has no child that is not known. One that was killed in
    /// its first stop is counted down a moment before it enters the results: so it is not this reading of them but the next.
    /// </summary>
    private void Forget()
    {
        foreach (SpanEntry entry in _childless)
            _entries.Remove(entry.Process.Id);
        _childless.Clear();
        for (int i = _leaving.Count - 1; i >= 0; i--)
        {
            if (_leaving[i].Process.UnbornChildren != 0)
                continue;
            _childless.Add(_leaving[i]);
            _leaving.RemoveAt(i);
        }
    }

    private void ReadBirths(bool final)
    {
        int next = _next;
        while (next != 0)
        {
            _batch.Clear();
            int first = next;
            next = run.CopyTo(_batch, first, BatchSize);
            foreach (LiveProcess process in _batch)
            {
                Enter(process, final);
                _next = process.Id + 1;
            }
        }
    }

    private void Enter(LiveProcess process, bool final)
    {
        var entry = new SpanEntry(process);
        SpanEntry? above = process.ParentId is { } id ? _entries.GetValueOrDefault(id) : null;
        bool launched = process.Origin == "launched";
        if (launched && Prepared is { } prepared)
        {
            entry.Activity = prepared;
            prepared.SetStartTime(TimeOf(process.StartNs));
            Prepared = null;
        }
        else
        {
            entry.Activity = Start(process.Comm, above?.Context ?? parent, TimeOf(process.StartNs));
        }

        entry.Context = entry.Activity?.Context ?? above?.Context ?? parent;
        if (entry.Activity is { Recorded: false })
            entry.Activity = null; // Not sampled: it will not be exported, and its children neither.
        entry.Links = above?.Links ?? []; // A fork has its parent's environment until it execs.
        entry.ExecsSeen = process.Origin == "attached" ? -1 : 0;
        if (Root == default || launched)
            Root = entry.Context;
        _entries[process.Id] = entry;
        _byPid[process.Pid] = entry;
        _live.Add(entry);
        if (final)
            entry.EndSeen = Stopwatch.GetTimestamp();
    }

    private void ReadEnvironments()
    {
        foreach (SpanEntry entry in _live)
        {
            LiveProcess process = entry.Process;
            int execs = process.ExecCount;
            if (entry.ExecsSeen == execs || process.HasEnded)
                continue;
            ActivityContext? context = _environment.Read(process.Pid, out bool hangs);
            if (hangs)
                run.Note($"a trace context of {process.Comm}[{process.Pid}] is not looked for: it hangs in the kernel, and so does who reads its environment");
            if (process.HasEnded && context is null)
                continue; // It ended meanwhile: not known, rather than none.
            entry.ExecsSeen = execs;
            AddLink(entry, context);
        }
    }

    private void AddLink(SpanEntry entry, ActivityContext? found)
    {
        if (entry.LinksInherited)
            entry.Links = [];
        entry.LinksInherited = false;
        if (found is not { } context)
            return;
        if (Known.Contains((context.TraceId, context.SpanId)) || Array.Exists(entry.Links, link => link.SpanId == context.SpanId))
            return;
        entry.Links = entry.Links.Length < MostLinks ? [.. entry.Links, context] : [.. entry.Links[1..], context];
    }

    private void TakeClosed(List<SpanEntry> ended, bool final)
    {
        long now = Stopwatch.GetTimestamp();
        if (final)
        {
            _closing.AddRange(_live);
            _live.Clear();
        }

        _closing.RemoveAll(entry =>
        {
            // The usage is handed over when the collectors are closed.
            if (!final && !entry.Process.IsClosed && now - entry.EndSeen < _closingPatience)
                return false;
            entry.Record = entry.Process.Record();
            ended.Add(entry);
            _taken.Add(entry);
            return true;
        });
    }

    private Activity? Start(string name, ActivityContext above, DateTime start)
    {
        // The current activity of whoever started us is not a parent: ours is given, or there is none.
        Activity.Current = null;
        Activity? activity = source.StartActivity(name, ActivityKind.Internal, above, startTime: start);
        Activity.Current = null;
        return activity;
    }
}
