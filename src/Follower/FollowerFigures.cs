namespace ForkFollow.Follower;

/// <summary>What the follower itself did: counts, times, and the ledger. Written by the tracer thread, read by any.</summary>
public sealed class FollowerFigures
{
    private long _stops;
    private long _births;
    private long _threadBirths;
    private long _execs;

    /// <summary>Stops answered and deaths seen.</summary>
    public long Stops => Volatile.Read(ref _stops);

    /// <summary>Processes born under observation.</summary>
    public long Births => Volatile.Read(ref _births);

    /// <summary>Threads born under observation, main threads not counted.</summary>
    public long ThreadBirths => Volatile.Read(ref _threadBirths);

    /// <summary>Programs executed.</summary>
    public long Execs => Volatile.Read(ref _execs);

    /// <summary>Nanoseconds from noticing a stop to answering it; for a birth from its first stop.</summary>
    public Histogram Held { get; } = new();

    /// <summary>What was not followed, and why.</summary>
    public LedgerList Ledger { get; } = new();

    internal void CountStop() => _stops++;

    internal void CountBirth() => _births++;

    internal void CountThreadBirth() => _threadBirths++;

    internal void CountExec() => _execs++;
}
