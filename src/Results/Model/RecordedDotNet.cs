namespace ForkFollow.Results;

/// <summary>What a .NET runtime told of itself, from the beginning of its session (its start, if we launched it).</summary>
public sealed record RecordedDotNet
{
    /// <summary>Its version, <c>10.0.12</c>; null if it did not come to tell.</summary>
    public string? Version { get; init; }

    /// <summary>The command line as the runtime knows it; null if it did not come to tell.</summary>
    public string? CommandLine { get; init; }

    /// <summary>How long it was watched: from its first event to its last.</summary>
    public long WatchedNs { get; init; }

    /// <summary>The stream went on to its regular end: false for a process that was killed.</summary>
    public bool Complete { get; init; }

    /// <summary>How many events were lost, since the runtime's buffer was full.</summary>
    public long LostEvents { get; init; }

    /// <summary>Its garbage collections.</summary>
    public required RecordedGc Gc { get; init; }

    /// <summary>What was compiled.</summary>
    public required RecordedJit Jit { get; init; }

    /// <summary>How many exceptions were thrown.</summary>
    public long Exceptions { get; init; }

    /// <summary>The types that were thrown most, the first one first.</summary>
    public IReadOnlyList<RecordedExceptionType> ExceptionTypes { get; init; } = [];

    /// <summary>How often a thread waited for a lock of another.</summary>
    public long Contentions { get; init; }

    /// <summary>How long, all together.</summary>
    public long ContentionNs { get; init; }

    /// <summary>The most worker threads that the thread pool was seen with.</summary>
    public int PoolThreads { get; init; }

    /// <summary>How often it added one since its work did not get on.</summary>
    public long PoolStarvations { get; init; }

    /// <summary>The counters of System.Runtime over time.</summary>
    public IReadOnlyList<RecordedRuntimeTick> Counters { get; init; } = [];
}

/// <summary>Garbage collections. Nanoseconds and bytes.</summary>
public sealed record RecordedGc
{
    /// <summary>Of generation 0 and above, as GC.CollectionCount(0) counts.</summary>
    public long Gen0 { get; init; }

    /// <summary>Of generation 1 and above.</summary>
    public long Gen1 { get; init; }

    /// <summary>Of generation 2.</summary>
    public long Gen2 { get; init; }

    /// <summary>How long all managed threads were stopped for it.</summary>
    public long PauseNs { get; init; }

    /// <summary>How often they were.</summary>
    public long Pauses { get; init; }

    /// <summary>The median pause, exact to 12.5 %.</summary>
    public long P50Ns { get; init; }

    /// <summary>What 99 % of pauses do not exceed, exact to 12.5 %.</summary>
    public long P99Ns { get; init; }

    /// <summary>The longest pause.</summary>
    public long MaxPauseNs { get; init; }

    /// <summary>The heap after the last collection: generations 0, 1 and 2, large objects, pinned objects; empty before the first.</summary>
    public IReadOnlyList<long> HeapBytes { get; init; } = [];

    /// <summary>The largest heap after a collection.</summary>
    public long MaxHeapBytes { get; init; }

    /// <summary>What was allocated, in steps of 100 kB.</summary>
    public long AllocatedBytes { get; init; }
}

/// <summary>Code that was compiled at run time, or was there before.</summary>
public sealed record RecordedJit
{
    /// <summary>Methods compiled; one that is compiled again for another tier counts again.</summary>
    public long Methods { get; init; }

    /// <summary>The same by tier: QuickJitted, OptimizedTier1, …</summary>
    public IReadOnlyDictionary<string, long> Tiers { get; init; } = new Dictionary<string, long>();

    /// <summary>Their intermediate language.</summary>
    public long IlBytes { get; init; }

    /// <summary>How long their compilation took, added up over threads.</summary>
    public long Ns { get; init; }

    /// <summary>Precompiled (ReadyToRun) methods that were used.</summary>
    public long Precompiled { get; init; }
}

/// <summary>A type of exceptions.</summary>
/// <param name="Type">Its full name.</param>
/// <param name="Count">How many were thrown.</param>
public sealed record RecordedExceptionType(string Type, long Count);

/// <summary>The counters of System.Runtime at one moment; null: not told. What counts, counts since the tick before, one second.</summary>
/// <param name="AtNs">When.</param>
/// <param name="CpuPercent">CPU use, of all CPUs.</param>
/// <param name="WorkingSetBytes">Resident memory.</param>
/// <param name="HeapBytes">The managed heap.</param>
/// <param name="AllocatedBytes">Allocated.</param>
/// <param name="Gen0">Collections of generation 0 and above.</param>
/// <param name="Gen1">Collections of generation 1 and above.</param>
/// <param name="Gen2">Collections of generation 2.</param>
/// <param name="Exceptions">Exceptions thrown.</param>
/// <param name="QueueLength">Work that waits for a thread of the pool.</param>
/// <param name="PoolThreads">Threads of the pool.</param>
/// <param name="Contentions">Waits for a lock.</param>
public sealed record RecordedRuntimeTick(
    long AtNs, double? CpuPercent, long? WorkingSetBytes, long? HeapBytes, long? AllocatedBytes, long? Gen0, long? Gen1,
    long? Gen2, long? Exceptions, long? QueueLength, long? PoolThreads, long? Contentions);
