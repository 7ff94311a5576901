using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors;

/// <summary>
/// The results of one run, a <see cref="ProcessResult"/> per process, in birth order. The tracer thread writes; any thread may
/// read.
/// </summary>
public sealed class RunResults : LiveRun
{
    private readonly Lock _lock = new();
    private readonly List<ProcessResult?> _byId = new(1024);
    private readonly Dictionary<int, ProcessResult> _byPid = new(1024);

    /// <param name="command">The launched command; null if we attached.</param>
    /// <param name="figures">What the follower of this run writes; null for new ones.</param>
    public RunResults(IReadOnlyList<string>? command, FollowerFigures? figures = null)
        : base(command) => Figures = figures ?? new();

    /// <summary>The threads that serve it.</summary>
    internal RunThreads Threads { get; } = new();

    /// <summary>What the follower of this run did, and the ledger.</summary>
    public FollowerFigures Figures { get; }

    /// <inheritdoc/>
    public override RecordedFollower Follower => new(
        Figures.Stops, Figures.Births, Figures.ThreadBirths, Figures.Execs,
        new(Figures.Held.Quantile(0.5), Figures.Held.Quantile(0.99), Figures.Held.Max));

    /// <inheritdoc/>
    public override IEnumerable<(long HeldNs, long Count)> Held
    {
        get
        {
            long[] counts = new long[Histogram.Buckets];
            Figures.Held.CopyCounts(counts);
            for (int i = 0; i < counts.Length; i++)
            {
                if (counts[i] > 0)
                    yield return (Histogram.UpperBound(i), counts[i]);
            }
        }
    }

    /// <inheritdoc/>
    public override int Cpus => OnlineCpus.Count;

    /// <inheritdoc/>
    public override IEnumerable<RecordedNote> Ledger => Figures.Ledger.Select(Words.Of);

    /// <inheritdoc/>
    public override IEnumerable<(string Kind, long Count)> LedgerOmitted =>
        Figures.Ledger.Omitted.Select(one => (Words.Of(one.Kind), one.Count));

    /// <inheritdoc/>
    public override int LedgerCount => Figures.Ledger.Count;

    /// <inheritdoc/>
    public override void Note(string text) => Note(0, text);

    /// <summary>
    /// What is wrong with a thread that serves this run, other than its tracer: it has failed, or is at one piece of work for
    /// longer than that; null if nothing is. Any thread.
    /// </summary>
    public string? FindThreadTrouble(TimeSpan patience) => Threads.TroubleAfter(patience);

    /// <inheritdoc/>
    public override int CopyTo(List<LiveProcess> target, int first, int most)
    {
        ArgumentNullException.ThrowIfNull(target);
        lock (_lock)
        {
            int end = (int)Math.Min(first - 1L + most, _byId.Count);
            for (int i = first - 1; i < end; i++)
            {
                if (_byId[i] is { } result)
                    target.Add(result);
            }

            return end == _byId.Count ? 0 : end + 1;
        }
    }

    /// <summary>All results, in birth order.</summary>
    public List<ProcessResult> ToList()
    {
        lock (_lock)
            return [.. _byId.OfType<ProcessResult>()];
    }

    /// <summary>The results of a process of this run; null before it is told to observers. Any thread.</summary>
    public ProcessResult? Find(FollowedProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        lock (_lock)
            return process.Id <= _byId.Count ? _byId[process.Id - 1] : null;
    }

    /// <summary>Enters something about a process in the ledger. Any thread.</summary>
    internal void Note(int pid, string text) => Figures.Ledger.Enqueue(new(LedgerKind.Collector, pid, text));

    internal void Add(ProcessResult result)
    {
        int id = result.Process.Id;
        lock (_lock)
        {
            while (_byId.Count < id)
                _byId.Add(null);
            _byId[id - 1] = result;
            result.SamePidBefore = _byPid.GetValueOrDefault(result.Process.Pid);
            _byPid[result.Process.Pid] = result;
            Count++;
            Alive++;
        }

        AddChange();
    }

    /// <summary>
    /// Whose pid that was at a time: the eldest of that pid that had not ended before. Null if nobody followed had it.
    /// </summary>
    internal ProcessResult? FindByPid(int pid, long time)
    {
        lock (_lock)
        {
            ProcessResult? found = null;
            for (ProcessResult? one = _byPid.GetValueOrDefault(pid); one is not null; one = one.SamePidBefore)
            {
                if (one.Process.End == ProcessEnd.Alive || one.Process.EndTimestamp >= time)
                    found = one;
            }

            return found;
        }
    }

    internal void CountEnd()
    {
        Alive--;
        AddChange();
    }

    internal void CountExec() => AddChange();

    /// <summary>Wakes who waits for a change. Tracer thread, while nobody is held.</summary>
    internal void TellChange() => WakeWaiters();

    /// <summary>Room for the births to come, made while nobody is held.</summary>
    internal void Reserve(int more)
    {
        lock (_lock)
        {
            if (_byId.Capacity < _byId.Count + more)
                _byId.EnsureCapacity(Math.Max(_byId.Count + more, _byId.Capacity * 2));
            if (_byPid.Capacity < _byPid.Count + more)
                _byPid.EnsureCapacity(Math.Max(_byPid.Count + more, _byPid.Capacity * 2));
        }
    }
}
