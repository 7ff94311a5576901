namespace ForkFollow.Follower;

/// <summary>
/// Decides whether to poll for the next stop before blocking. What a stop costs is mostly two wake-ups: polling saves the
/// tracer's. Between two looks the thread yields, so that whoever waits for this CPU runs first (on a busy machine the
/// child that was just born): measured, that is what makes polling pay with one storm and with more storms than CPUs.
/// Polling is given up for a while when it catches too few stops in time, so that a tree which rarely stops costs no
/// CPU; and when a yield is long: then somebody computes on this CPU, who is given a whole time slice by a yield but is
/// preempted at once by a wake-up. Belongs to the tracer thread.
/// </summary>
internal sealed class PollGovernor
{
    /// <summary>How long to poll: a little more than fork takes from one stop to the next.</summary>
    internal const long PollNs = 100_000;

    /// <summary>A look that takes this long scans a long list of tracees: polling would only repeat the scanning.</summary>
    private const long SlowLookNs = 10_000;

    /// <summary>How many polls are judged together.</summary>
    private const int Window = 32;

    /// <summary>One in so many must catch its stop.</summary>
    private const int CatchOneIn = 4;

    /// <summary>Waits without a poll after polling did not pay.</summary>
    private const int Penance = 128;

    private int _polls;
    private int _catches;
    private int _blindWaits;

    /// <summary>Whether this wait should begin with a poll.</summary>
    internal bool ShouldPoll()
    {
        if (_blindWaits == 0)
            return true;
        _blindWaits--;
        return false;
    }

    /// <summary>Reports how a poll ended.</summary>
    /// <param name="caught">A stop came in time.</param>
    /// <param name="lookNs">What the quickest look of this poll cost.</param>
    /// <param name="yieldNs">What the longest yield took: the CPU was somebody else's for so long.</param>
    internal void Polled(bool caught, long lookNs, long yieldNs)
    {
        _polls++;
        if (caught)
            _catches++;
        if (lookNs > SlowLookNs || yieldNs > PollNs)
            _blindWaits = Penance;
        if (_polls < Window)
            return;
        if (_catches * CatchOneIn < _polls)
            _blindWaits = Penance;
        _polls = 0;
        _catches = 0;
    }
}
