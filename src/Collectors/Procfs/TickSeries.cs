using System.Collections;
using System.Runtime.InteropServices;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Procfs;

/// <summary>
/// The ticks of one process, in order of time. It never has more than its limit: then every second one is dropped, and
/// from then on only every second round gives one. So the ticks of a long life are evenly spaced, and a short life is seen
/// in full. Not safe for threads: <see cref="TickWatch"/> guards it.
/// </summary>
internal sealed class TickSeries
{
    private readonly List<Tick> _ticks = [];
    private long _stride = 1;
    private long _next;

    /// <summary>How many there are.</summary>
    internal int Count => _ticks.Count;

    /// <summary>The tick that is the <paramref name="index"/>-th of those kept, from 0.</summary>
    internal Tick this[int index] => _ticks[index];

    /// <summary>Every how many rounds it takes one: a power of two.</summary>
    internal long Stride => _stride;

    /// <summary>Whether it takes one of this round. By the distance to the last one, since rounds may be skipped.</summary>
    internal bool Wants(long round) => round >= _next;

    /// <summary>Takes the tick of a round.</summary>
    /// <param name="round">The number of the round, greater than all before.</param>
    /// <param name="tick">What was seen.</param>
    /// <param name="limit">How many ticks it may have, at least 2.</param>
    internal void Add(long round, in Tick tick, int limit)
    {
        _ticks.Add(tick);
        while (_ticks.Count > limit)
            Thin();
        _next = round + _stride;
    }

    /// <summary>Takes the last one, whatever the round.</summary>
    internal void AddLast(in Tick tick)
    {
        // The main thread may have ended long before the process: then ticks have come since.
        if (_ticks.Count == 0 || _ticks[^1].Timestamp < tick.Timestamp)
            _ticks.Add(tick);
    }

    /// <summary>What results have.</summary>
    /// <param name="start">The timestamp that times count from.</param>
    internal IReadOnlyList<RecordedTick> ToRecorded(long start) => new RecordedTicks([.. _ticks], start);

    private void Thin()
    {
        Span<Tick> all = CollectionsMarshal.AsSpan(_ticks);
        int kept = (all.Length + 1) / 2;
        for (int i = 0; i < kept; i++)
            all[i] = all[2 * i];
        _ticks.RemoveRange(kept, _ticks.Count - kept);
        _stride *= 2;
    }

    /// <summary>Makes the records when they are asked for: kept as objects they would take twice the memory.</summary>
    private sealed class RecordedTicks(Tick[] ticks, long start) : IReadOnlyList<RecordedTick>
    {
        private static readonly string[] _letters = [.. Enumerable.Range(0, 128).Select(letter => ((char)letter).ToString())];

        public int Count => ticks.Length;

        public RecordedTick this[int index]
        {
            get
            {
                ref readonly Tick tick = ref ticks[index];
                return new(
                    tick.Timestamp - start,
                    _letters[tick.State & 127],
                    tick.RssBytes,
                    tick.Threads,
                    tick.Fds < 0 ? null : tick.Fds,
                    tick.ReadBytes < 0 ? null : tick.ReadBytes,
                    tick.WriteBytes < 0 ? null : tick.WriteBytes);
            }
        }

        public IEnumerator<RecordedTick> GetEnumerator()
        {
            for (int i = 0; i < ticks.Length; i++)
                yield return this[i];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
