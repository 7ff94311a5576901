using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// Garbage collections, of the runtime's events. A pause is from the suspension of all threads for a collection to their
/// restart, which is what GC.GetTotalPauseDuration adds up. Under the reader's lock.
/// </summary>
internal sealed class GcFigures
{
    private const int Generations = 5;
    private const int SuspendForGc = 1;
    private const int SuspendForGcPreparation = 6;

    private readonly long[] _collections = new long[3];
    private readonly Histogram _pauses = new();
    private long[] _heap = [];
    private long _maxHeap;
    private long _pauseNs;
    private long _allocated;
    private long _suspendedSince;

    /// <summary>Takes an event of the runtime.</summary>
    internal void Take(in RuntimeEvent one)
    {
        var fields = new PayloadReader(one.Payload);
        switch (one.Id)
        {
            case 1: // GCStart: u32 count, generation
                fields.U32();
                for (int i = (int)Math.Min(fields.U32(), 2); i >= 0 && !fields.IsShort; i--)
                    _collections[i]++;
                break;
            case 9: // GCSuspendEEBegin: u32 reason, count
                _suspendedSince = (int)fields.U32() is SuspendForGc or SuspendForGcPreparation ? one.Time : 0;
                break;
            case 3: // GCRestartEEEnd
                EndPause(one.Time);
                break;
            case 4:
                TakeHeap(ref fields, one.Version);
                break;
            case 10 when one.Version >= 2: // GCAllocationTick: u32 amount, kind; u16 runtime; u64 amount
                fields.Take(10);
                _allocated = Saturate(_allocated, fields.U64());
                break;
            default:
                break;
        }
    }

    /// <summary>The figures so far.</summary>
    internal RecordedGc Summarize() => new()
    {
        Gen0 = _collections[0],
        Gen1 = _collections[1],
        Gen2 = _collections[2],
        PauseNs = _pauseNs,
        Pauses = _pauses.Count,
        P50Ns = _pauses.Quantile(0.5),
        P99Ns = _pauses.Quantile(0.99),
        MaxPauseNs = _pauses.Max,
        HeapBytes = _heap,
        MaxHeapBytes = _maxHeap,
        AllocatedBytes = _allocated,
    };

    private static long Saturate(long sum, ulong more) => more > (ulong)(long.MaxValue - sum) ? long.MaxValue : sum + (long)more;

    private void EndPause(long time)
    {
        if (_suspendedSince == 0)
            return;
        long pause = Math.Max(0, time - _suspendedSince);
        _suspendedSince = 0;
        _pauses.Add(pause);
        _pauseNs = Saturate(_pauseNs, (ulong)pause);
    }

    /// <summary>
    /// GCHeapStats: u64 size and u64 promoted bytes of generations 0, 1, 2 and of large objects; 30 bytes of handles; from
    /// version 2 on the same two of pinned objects.
    /// </summary>
    private void TakeHeap(ref PayloadReader fields, int version)
    {
        long[] sizes = new long[Generations];
        long sum = 0;
        for (int i = 0; i < Generations && !(i == Generations - 1 && version < 2); i++)
        {
            if (i == Generations - 1)
                fields.Take(30);
            sum = Saturate(sum, fields.U64());
            sizes[i] = sum - sizes[..i].Sum();
            fields.U64();
        }

        if (fields.IsShort)
            return;
        _heap = sizes;
        _maxHeap = Math.Max(_maxHeap, sum);
    }
}
