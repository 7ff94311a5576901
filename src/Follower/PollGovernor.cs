using ForkFollow.Follower.Interop;

namespace ForkFollow.Follower;

/// <summary>
/// Decides whether to poll for the next stop before blocking. What a stop costs is mostly two wake-ups: polling for
/// some 20 µs saves the tracer's, as long as a CPU is free; when there are more runnable threads than CPUs it takes the
/// CPU from the tracees instead. Two signs tell them apart: whether polls catch their stop in time, and whether the
/// kernel preempts this thread (involuntary switches). Belongs to the tracer thread.
/// </summary>
internal sealed class PollGovernor
{
    internal const long PollNs = 20_000;

    /// <summary>A look that takes this long scans a long list of tracees: polling would only double the scanning.</summary>
    private const long SlowLookNs = 8_000;

    /// <summary>Waits without a poll after polling did not pay.</summary>
    private const int Penance = 256;

    /// <summary>How many waits are judged together.</summary>
    private const int Window = 64;

    private readonly Func<long> _involuntarySwitches;
    private int _pollsInWindow;
    private int _catchesInWindow;
    private int _blindWaits;
    private long _switchesAtWindow;

    internal PollGovernor(Func<long> involuntarySwitches)
    {
        _involuntarySwitches = involuntarySwitches;
        _switchesAtWindow = involuntarySwitches();
    }

    internal PollGovernor()
        : this(OwnInvoluntarySwitches)
    {
    }

    /// <summary>Whether this wait should begin with a poll.</summary>
    internal bool ShouldPoll()
    {
        if (_blindWaits == 0)
            return true;
        if (--_blindWaits == 0)
            StartWindow();
        return false;
    }

    /// <summary>Reports how a poll ended.</summary>
    /// <param name="caught">A stop came in time.</param>
    /// <param name="lookNs">What a single look cost.</param>
    internal void Polled(bool caught, long lookNs)
    {
        _pollsInWindow++;
        if (caught)
            _catchesInWindow++;
        if (lookNs > SlowLookNs)
        {
            _blindWaits = Penance;
            return;
        }

        if (_pollsInWindow < Window)
            return;

        long preempted = _involuntarySwitches() - _switchesAtWindow;
        bool pays = _catchesInWindow * 2 >= _pollsInWindow && preempted * 8 < _pollsInWindow;
        if (pays)
            StartWindow();
        else
            _blindWaits = Penance;
    }

    private static unsafe long OwnInvoluntarySwitches()
    {
        rusage usage;
        _ = LibC.getrusage(LibC.RUSAGE_THREAD, &usage);
        return usage.ru_nivcsw;
    }

    private void StartWindow()
    {
        _pollsInWindow = 0;
        _catchesInWindow = 0;
        _switchesAtWindow = _involuntarySwitches();
    }
}
