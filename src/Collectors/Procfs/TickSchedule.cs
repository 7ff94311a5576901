namespace ForkFollow.Collectors.Procfs;

/// <summary>
/// When the next round of ticks is due: at goals that lie whole intervals behind the start, whatever the rounds take and
/// however late the thread wakes, so that nothing drifts. Goals that have passed when a round ends are skipped and counted.
/// Pure: it is told the time. One thread.
/// </summary>
internal sealed class TickSchedule
{
    private readonly long _start;
    private readonly long _interval;

    /// <param name="start">The time that goals count from; the first one is an interval later.</param>
    /// <param name="interval">The interval, in the same unit.</param>
    internal TickSchedule(long start, long interval)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(interval);
        _start = start;
        _interval = interval;
    }

    /// <summary>Which round comes next, from 1; skipped ones have numbers too.</summary>
    internal long Number { get; private set; } = 1;

    /// <summary>How many rounds were skipped.</summary>
    internal long Skipped { get; private set; }

    /// <summary>When the next round is due.</summary>
    internal long Goal => _start + (Number * _interval);

    /// <summary>How long to wait for it; 0 if it is due.</summary>
    internal long Remaining(long now) => Math.Max(0, Goal - now);

    /// <summary>
    /// The round of <see cref="Goal"/> has ended. A round that has taken longer than the interval skips what it covers: so
    /// however slow reading is, there is a pause before the next round.
    /// </summary>
    internal void Done(long now)
    {
        long late = now - Goal;
        long missed = Math.Max(0, late / _interval);
        Skipped += missed;
        Number += missed + 1;
    }
}
