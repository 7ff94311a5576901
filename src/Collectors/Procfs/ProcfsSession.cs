using System.Diagnostics;
using ForkFollow.Follower;

namespace ForkFollow.Collectors.Procfs;

/// <summary>
/// Looks at all processes of a run at an interval, on one thread of its own. New processes come to it through a linked
/// list that the tracer thread pushes to without waiting; those whose ticks were taken are dropped in the next round.
/// </summary>
public sealed class ProcfsSession : IDisposable
{
    /// <summary>How often if nothing is said.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    /// <summary>Ticks of a process that are kept (see <see cref="TickSeries"/>).</summary>
    internal const int MostTicks = 1000;

    /// <summary>Ticks that are kept of all processes that live at the same time: 48 MB.</summary>
    internal const int MostTicksOfAll = 1_000_000;

    private const int FewestTicks = 16;

    private readonly RunResults _results;
    private readonly TickSchedule _schedule;
    private readonly Action<LedgerEntry> _report;
    private readonly ManualResetEvent _ending = new(initialState: false);
    private readonly OwnThread _thread;
    private readonly List<TickWatch> _watches = [];
    private readonly HashSet<int> _inVfork = [];
    private TickWatch? _incoming;
    private long _rounds;
    private bool _ended;

    /// <summary>Starts the thread.</summary>
    /// <param name="results">What times count from.</param>
    /// <param name="interval">How often.</param>
    /// <param name="report">Takes what could not be collected.</param>
    public ProcfsSession(RunResults results, TimeSpan interval, Action<LedgerEntry> report)
    {
        ArgumentNullException.ThrowIfNull(results);
        _results = results;
        _report = report;
        _schedule = new(Stopwatch.GetTimestamp(), (long)(interval.TotalSeconds * Stopwatch.Frequency));
        _thread = new(results, "procfs", "looks at /proc are missing from here on", Run);
        _thread.Start();
    }

    /// <summary>How many rounds were skipped since one took longer than the interval.</summary>
    public long Skipped => _schedule.Skipped;

    /// <summary>How many rounds there were, skipped ones with them.</summary>
    internal long Rounds => Volatile.Read(ref _rounds);

    /// <summary>The timestamp that times of results count from.</summary>
    internal long StartTimestamp => _results.StartTimestamp;

    /// <summary>Ends the thread. After the last process has been closed.</summary>
    public void End()
    {
        if (_ended)
            return;
        _ended = true;
        _ending.Set();
        if (_thread.Join())
            _ending.Dispose();
        if (Skipped > 0)
        {
            _report(new(LedgerKind.Collector, 0,
                $"{Skipped} of {Rounds} looks at /proc were skipped, since looking at all processes took longer "
                + "than the interval; a longer one is had with --procfs-interval"));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    /// <summary>Looks at a process from the next round on. Neither allocates nor waits.</summary>
    internal void Add(TickWatch watch)
    {
        TickWatch? first;
        do
        {
            first = Volatile.Read(ref _incoming);
            watch.Next = first;
        }
        while (Interlocked.CompareExchange(ref _incoming, watch, first) != first);
    }

    /// <summary>Reads a process; it must be one that lives.</summary>
    internal static bool Read(FollowedProcess process, out Tick tick)
    {
        if (!TickReader.Read(process.Pid, out tick))
            return false;

        // Whoever is traced shows no T: a stopped one is in the stop of its tracer.
        if (tick.State == (byte)'t' && process.IsStopped)
            tick = tick with { State = (byte)'T' };
        return true;
    }

    private void Run(OwnThread thread)
    {
        do
        {
            thread.Waits();

            // In milliseconds, rounded up: better late than twice.
            long remaining;
            while ((remaining = _schedule.Remaining(Stopwatch.GetTimestamp())) > 0)
            {
                if (_ending.WaitOne((int)Math.Ceiling(remaining * 1000.0 / Stopwatch.Frequency)))
                    return;
            }

            thread.Works();
            TakeIncoming();
            FindWhoWaitsInVfork();
            Round(thread);
            _schedule.Done(Stopwatch.GetTimestamp());
            Volatile.Write(ref _rounds, _schedule.Number - 1);
        }
        while (!_ending.WaitOne(0));
    }

    private void TakeIncoming()
    {
        for (TickWatch? one = Interlocked.Exchange(ref _incoming, null); one is not null;)
        {
            _watches.Add(one);
            (one.Next, one) = (null, one.Next);
        }
    }

    private void FindWhoWaitsInVfork()
    {
        _inVfork.Clear();
        foreach (TickWatch watch in _watches)
        {
            FollowedProcess child = watch.Process;
            if (child.Parent is { } parent && TickWatch.HoldsParent(child.Origin, child.Execs.Count, child.End))
                _inVfork.Add(parent.Id);
        }
    }

    private void Round(OwnThread thread)
    {
        long round = _schedule.Number;
        int limit = Math.Clamp(MostTicksOfAll / Math.Max(1, _watches.Count), FewestTicks, MostTicks);
        for (int i = _watches.Count - 1; i >= 0; i--)
        {
            thread.Works();
            TickWatch watch = _watches[i];
            FollowedProcess process = watch.Process;
            if (watch.IsTaken)
            {
                _watches[i] = _watches[^1];
                _watches.RemoveAt(_watches.Count - 1);
            }
            else if (watch.Wants(round) && !_inVfork.Contains(process.Id) && process.TryEnter())
            {
                // Not dead before and after: so that was no other process with the same pid.
                bool isThere = Read(process, out Tick tick) && !process.MustLeave;
                process.Leave();
                if (isThere)
                    watch.Add(round, tick, limit);
            }
        }
    }
}
