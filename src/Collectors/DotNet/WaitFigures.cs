using ForkFollow.Results;

namespace ForkFollow.Collectors.DotNet;

/// <summary>Exceptions, waits for locks, and the thread pool. Under the reader's lock.</summary>
internal sealed class WaitFigures
{
    private const int MostTypes = 1000;
    private const int ShownTypes = 50;
    private const int LongestType = 500;
    private const uint Starvation = 6;

    private readonly Dictionary<string, long> _types = new(StringComparer.Ordinal);
    private long _exceptions;
    private long _contentions;
    private long _contentionNs;
    private uint _poolThreads;
    private long _starvations;

    /// <summary>Takes an event of the runtime.</summary>
    internal void Take(in RuntimeEvent one)
    {
        var fields = new PayloadReader(one.Payload);
        switch (one.Id)
        {
            case 80: // ExceptionThrown: type, message, …
                AddException(fields.Text());
                break;
            case 91 when one.Version >= 1: // ContentionStop: u8 1 for the runtime's own locks, u16 runtime, f64 nanoseconds
                bool native = fields.U8() != 0;
                fields.U16();
                double ns = fields.Double();
                if (native || fields.IsShort || !(ns >= 0))
                    break;
                _contentions++;
                _contentionNs = (long)Math.Min(_contentionNs + ns, long.MaxValue / 2);
                break;
            case 50 or 51 or 57: // ThreadPoolWorkerThreadStart, Stop, Wait: u32 active, …
                CountThreads(fields.U32());
                break;
            case 55: // ThreadPoolWorkerThreadAdjustmentAdjustment: f64 throughput; u32 new count, reason
                fields.Double();
                CountThreads(fields.U32());
                _starvations += fields.U32() == Starvation ? 1 : 0;
                break;
            default:
                break;
        }
    }

    /// <summary>Adds the figures so far to a summary.</summary>
    internal RecordedDotNet AddTo(RecordedDotNet summary) => summary with
    {
        Exceptions = _exceptions,
        ExceptionTypes =
        [
            .. _types.OrderByDescending(one => one.Value).ThenBy(one => one.Key, StringComparer.Ordinal).Take(ShownTypes)
                .Select(one => new RecordedExceptionType(one.Key, one.Value)),
        ],
        Contentions = _contentions,
        ContentionNs = _contentionNs,
        PoolThreads = (int)_poolThreads,
        PoolStarvations = _starvations,
    };

    private void AddException(ReadOnlySpan<char> type)
    {
        _exceptions++;
        type = type[..Math.Min(type.Length, LongestType)];
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> types = _types.GetAlternateLookup<ReadOnlySpan<char>>();
        if (types.TryGetValue(type, out long count))
            types[type] = count + 1;
        else if (_types.Count < MostTypes)
            types[type] = 1;
    }

    /// <summary>More than any pool has (32,767) is no count.</summary>
    private void CountThreads(uint count)
    {
        if (count <= short.MaxValue)
            _poolThreads = Math.Max(_poolThreads, count);
    }
}
