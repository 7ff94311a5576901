using ForkFollow.Results;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// The event counters of System.Runtime over time: what comes within one second is one tick. Of a long run every second
/// tick is dropped, and from then on every second, fourth, … is kept: at most <see cref="MostTicks"/>. Under the reader's lock.
/// </summary>
internal sealed class CounterSeries(long start)
{
    private const int MostTicks = 600;
    private const double Megabyte = 1e6;

    /// <summary>They come one behind the other, once a second.</summary>
    private const long SameTickNs = 200_000_000;

    private readonly List<RecordedRuntimeTick> _ticks = [];
    private RecordedRuntimeTick? _tick;
    private long _tickTime;
    private long _stride = 1;
    private long _seen;

    /// <summary>Takes a counter.</summary>
    internal void Take(in RuntimeEvent one)
    {
        var fields = new PayloadReader(one.Payload);
        ReadOnlySpan<char> name = fields.Text();
        fields.Text();
        if (one.IsIncrement)
            fields.Text();
        double value = fields.Double();
        if (fields.IsShort || !double.IsFinite(value))
            return;
        if (_tick is null || one.Time - _tickTime is < 0 or > SameTickNs)
        {
            EndTick();
            _tickTime = one.Time;
            _tick = new(one.Time - start, null, null, null, null, null, null, null, null, null, null, null);
        }

        _tick = With(_tick, name, value);
    }

    /// <summary>All ticks so far.</summary>
    internal IReadOnlyList<RecordedRuntimeTick> Summarize() => _tick is { } last ? [.. _ticks, last] : [.. _ticks];

    private static RecordedRuntimeTick With(RecordedRuntimeTick tick, ReadOnlySpan<char> name, double value) => name switch
    {
        "cpu-usage" => tick with { CpuPercent = Math.Round(value, 2) },
        "working-set" => tick with { WorkingSetBytes = (long)(value * Megabyte) },
        "gc-heap-size" => tick with { HeapBytes = (long)(value * Megabyte) },
        "alloc-rate" => tick with { AllocatedBytes = (long)value },
        "gen-0-gc-count" => tick with { Gen0 = (long)value },
        "gen-1-gc-count" => tick with { Gen1 = (long)value },
        "gen-2-gc-count" => tick with { Gen2 = (long)value },
        "exception-count" => tick with { Exceptions = (long)value },
        "threadpool-queue-length" => tick with { QueueLength = (long)value },
        "threadpool-thread-count" => tick with { PoolThreads = (long)value },
        "monitor-lock-contention-count" => tick with { Contentions = (long)value },
        _ => tick,
    };

    private void EndTick()
    {
        if (_tick is null || _seen++ % _stride != 0)
            return;
        _ticks.Add(_tick);
        if (_ticks.Count < MostTicks)
            return;
        for (int i = 0; i < MostTicks / 2; i++)
            _ticks[i] = _ticks[2 * i];
        _ticks.RemoveRange(MostTicks / 2, MostTicks - (MostTicks / 2));
        _stride *= 2;
    }
}
