using System.Diagnostics;

namespace ForkFollow.Results;

/// <summary>
/// A run that is under way, as far as it is known: a <see cref="LiveProcess"/> per process, in birth order, and what there is to
/// say of the whole. Who collects derives it and writes it; any thread may read.
/// </summary>
public abstract class LiveRun
{
    private Waiter? _waiter;
    private long _version;

    /// <param name="command">The launched command; null if we attached.</param>
    protected LiveRun(IReadOnlyList<string>? command) => Command = command;

    /// <summary>The launched command; null if we attached.</summary>
    public IReadOnlyList<string>? Command { get; }

    /// <summary>When the run began, by the wall clock.</summary>
    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    /// <summary>The same moment as a Stopwatch timestamp: what all times of the results count from.</summary>
    public long StartTimestamp { get; } = Stopwatch.GetTimestamp();

    /// <summary>When following ended, as a Stopwatch timestamp; 0 while it goes on.</summary>
    public long EndTimestamp { get; set; }

    /// <summary>How many processes are known.</summary>
    public int Count { get; protected set; }

    /// <summary>How many of them have not ended yet.</summary>
    public int Alive { get; protected set; }

    /// <summary>How many CPUs this machine has: those that we may not use count too, since whom we attach to may.</summary>
    public virtual int Cpus => Environment.ProcessorCount;

    /// <summary>Grows with every birth, exec and end.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>What the follower did until now.</summary>
    public abstract RecordedFollower Follower { get; }

    /// <summary>How long processes were held at their stops: each duration in nanoseconds, exact to 12.5 %, and how often it was.</summary>
    public abstract IEnumerable<(long HeldNs, long Count)> Held { get; }

    /// <summary>What was not followed or not collected until now, and why: the first of each kind. It only grows.</summary>
    public abstract IEnumerable<RecordedNote> Ledger { get; }

    /// <summary>How many more there were of each kind than <see cref="Ledger"/> has.</summary>
    public virtual IEnumerable<(string Kind, long Count)> LedgerOmitted => [];

    /// <summary>How many entries <see cref="Ledger"/> has.</summary>
    public abstract int LedgerCount { get; }

    /// <summary>Enters something into the ledger that is about no process: what, why and the remedy, in one line.</summary>
    public abstract void Note(string text);

    /// <summary>Appends the processes with ids from <paramref name="first"/> on, at most so many.</summary>
    /// <returns>The id to go on with, or 0 at the end.</returns>
    public abstract int CopyTo(List<LiveProcess> target, int first, int most);

    /// <summary>
    /// Completes once <see cref="Version"/> is no longer <paramref name="version"/>. Any number of callers; one that cancels is
    /// kept until the next change, so do not cancel and wait again in a loop.
    /// </summary>
    public async Task WaitForChangeAsync(long version, CancellationToken cancellation)
    {
        var waiter = new Waiter(version);
        Push(waiter);
        if (Version == version)
            await waiter.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The run as it is recorded, without its processes and without a profile.</summary>
    public RecordedRun RecordOutline() => new()
    {
        Version = typeof(LiveRun).Assembly.GetName().Version!.ToString(3),
        Started = Started,
        DurationNs = (EndTimestamp == 0 ? Stopwatch.GetTimestamp() : EndTimestamp) - StartTimestamp,
        Cpus = Cpus,
        Command = Command,
        Processes = [],
        Follower = Follower,
        Ledger = [.. Ledger, .. LedgerOmitted.Select(more => RecordedNote.More(more.Kind, more.Count))],
    };

    /// <summary>The processes as they are recorded, one after the other: so that not all of them are in memory twice.</summary>
    public IEnumerable<RecordedProcess> RecordProcesses()
    {
        // So many are copied under the lock at once: the tracer thread may wait for it.
        const int BatchSize = 64;
        var batch = new List<LiveProcess>(BatchSize);
        int next = 1;
        while (next != 0)
        {
            batch.Clear();
            next = CopyTo(batch, next, BatchSize);
            foreach (LiveProcess process in batch)
                yield return process.Record();
        }
    }

    /// <summary>The run as it is recorded, without a profile: complete, or as far as it has come.</summary>
    public RecordedRun Record() => RecordOutline() with { Processes = [.. RecordProcesses()] };

    /// <summary>A birth, an exec or an end. Who writes.</summary>
    protected void AddChange() => Volatile.Write(ref _version, _version + 1);

    /// <summary>Wakes who waits for a change. Who writes, when it has the time.</summary>
    protected void WakeWaiters()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiter) is null)
            return;
        Waiter? waiter = Interlocked.Exchange(ref _waiter, null);
        while (waiter is not null)
        {
            Waiter? next = waiter.Next;
            if (waiter.Version == _version)
                Push(waiter);
            else
                waiter.TrySetResult();
            waiter = next;
        }
    }

    /// <summary>A full barrier: the version that is read behind it is not older than what the writer saw before it looked.</summary>
    private void Push(Waiter waiter)
    {
        do
            waiter.Next = Volatile.Read(ref _waiter);
        while (Interlocked.CompareExchange(ref _waiter, waiter, waiter.Next) != waiter.Next);
    }

    /// <summary>Waits for a version other than the one that it knows. In a list.</summary>
    private sealed class Waiter(long version) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal Waiter? Next { get; set; }

        internal long Version { get; } = version;
    }
}
