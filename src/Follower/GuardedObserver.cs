using Microsoft.Extensions.Logging;

namespace ForkFollow.Follower;

/// <summary>
/// Stands between the tracer thread and an observer. This is the one place that catches everything: a fault of an
/// observer must neither hold nor kill a target. It is logged, and entered in the ledger through <c>report</c>.
/// </summary>
internal sealed class GuardedObserver(IFollowObserver inner, ILogger logger, Action<LedgerEntry> report) : IFollowObserver
{
    public void Attached(FollowedProcess process)
    {
        try
        {
            inner.Attached(process);
        }
        catch (Exception e)
        {
            Fault(nameof(Attached), process.Pid, e);
        }
    }

    public BirthVerdict Born(FollowedProcess process)
    {
        try
        {
            return inner.Born(process);
        }
        catch (Exception e)
        {
            Fault(nameof(Born), process.Pid, e);
            return BirthVerdict.Follow;
        }
    }

    public void Execed(FollowedProcess process, in ExecView image)
    {
        try
        {
            inner.Execed(process, image);
        }
        catch (Exception e)
        {
            Fault(nameof(Execed), process.Pid, e);
        }
    }

    public void ThreadBorn(FollowedProcess process, int tid)
    {
        try
        {
            inner.ThreadBorn(process, tid);
        }
        catch (Exception e)
        {
            Fault(nameof(ThreadBorn), tid, e);
        }
    }

    public void Exiting(FollowedProcess process)
    {
        try
        {
            inner.Exiting(process);
        }
        catch (Exception e)
        {
            Fault(nameof(Exiting), process.Pid, e);
        }
    }

    public void Exited(FollowedProcess process)
    {
        try
        {
            inner.Exited(process);
        }
        catch (Exception e)
        {
            Fault(nameof(Exited), process.Pid, e);
        }
    }

    public void Detached(FollowedProcess process)
    {
        try
        {
            inner.Detached(process);
        }
        catch (Exception e)
        {
            Fault(nameof(Detached), process.Pid, e);
        }
    }

    public void Released(FollowedProcess process)
    {
        try
        {
            inner.Released(process);
        }
        catch (Exception e)
        {
            Fault(nameof(Released), process.Pid, e);
        }
    }

    public void Noted(LedgerEntry entry)
    {
        try
        {
            inner.Noted(entry);
        }
        catch (Exception e)
        {
            // Not into the ledger: that would come back here.
            logger.LogError(e, "An observer failed in {Call}", nameof(Noted));
        }
    }

    public void BetweenStops()
    {
        try
        {
            inner.BetweenStops();
        }
        catch (Exception e)
        {
            Fault(nameof(BetweenStops), 0, e);
        }
    }

    private void Fault(string call, int pid, Exception e)
    {
        logger.LogError(e, "An observer failed in {Call} for {Pid}; the process goes on", call, pid);
        report(new(LedgerKind.ObserverFault, pid, $"an observer failed in {call}: {e.Message}"));
    }
}
