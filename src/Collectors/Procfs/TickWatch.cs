using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Procfs;

/// <summary>
/// The ticks of one process in the making. The tick thread adds to it, the tracer thread adds the last one, the closer
/// thread takes all. Each process has a new one: so it may stay with the tick thread until the next round, while its
/// collector serves another process already.
/// </summary>
internal sealed class TickWatch
{
    private readonly Lock _lock = new();
    private readonly TickSeries _series = new();
    private Tick? _last;
    private bool _taken;

    /// <summary>The process; set before it is handed to the tick thread.</summary>
    internal FollowedProcess Process { get; set; } = null!;

    /// <summary>The next one of those that the tick thread has not seen yet.</summary>
    internal TickWatch? Next { get; set; }

    /// <summary>Nobody wants more ticks.</summary>
    internal bool IsTaken => Volatile.Read(ref _taken);

    /// <summary>
    /// Whether a process keeps its parent waiting in vfork: a vfork child that has neither executed nor ended.
    /// </summary>
    internal static bool HoldsParent(ProcessOrigin origin, int execs, ProcessEnd end) =>
        origin == ProcessOrigin.Vfork && execs == 0 && end == ProcessEnd.Alive;

    internal bool Wants(long round) => _series.Wants(round);

    internal void Add(long round, in Tick tick, int limit)
    {
        lock (_lock)
        {
            // What comes after the look in the exit stop saw the process on its way out.
            if (!_taken && _last is null)
                _series.Add(round, tick, limit);
        }
    }

    /// <summary>The tick of its end, which comes whatever the round.</summary>
    internal void SetLast(in Tick tick)
    {
        lock (_lock)
            _last = tick;
    }

    /// <summary>Whether <see cref="SetLast"/> was called.</summary>
    internal bool HasLast
    {
        get
        {
            lock (_lock)
                return _last is not null;
        }
    }

    /// <summary>Ends it, and gives all its ticks.</summary>
    internal IReadOnlyList<RecordedTick> Take(long start)
    {
        lock (_lock)
        {
            _taken = true;
            if (_last is { } last)
                _series.AddLast(last);
            return _series.ToRecorded(start);
        }
    }
}
