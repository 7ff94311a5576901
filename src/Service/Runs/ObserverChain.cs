using System.Runtime.ExceptionServices;
using ForkFollow.Follower;

namespace ForkFollow.Service;

/// <summary>
/// Several observers as one, told in their order. Tracer thread. Each is told even if one before it fails; the first fault is
/// thrown then, for the follower to log and to enter in the ledger. Allocates nothing unless one fails.
/// </summary>
internal sealed class ObserverChain(IReadOnlyList<IFollowObserver> observers) : IFollowObserver
{
    private readonly IFollowObserver[] _observers = [.. observers];

    public void Attached(FollowedProcess process) => TellAll(process, static (observer, it) => observer.Attached(it));

    /// <summary>Let go if one says so.</summary>
    public BirthVerdict Born(FollowedProcess process)
    {
        BirthVerdict verdict = BirthVerdict.Follow;
        Exception? fault = null;
        foreach (IFollowObserver observer in _observers)
        {
            try
            {
                if (observer.Born(process) == BirthVerdict.LetGo)
                    verdict = BirthVerdict.LetGo;
            }
            catch (Exception e)
            {
                fault ??= e;
            }
        }

        Throw(fault);
        return verdict;
    }

    public void Execed(FollowedProcess process, in ExecView image)
    {
        Exception? fault = null;
        foreach (IFollowObserver observer in _observers)
        {
            try
            {
                observer.Execed(process, image);
            }
            catch (Exception e)
            {
                fault ??= e;
            }
        }

        Throw(fault);
    }

    public void ThreadBorn(FollowedProcess process, int tid) =>
        TellAll((process, tid), static (observer, it) => observer.ThreadBorn(it.process, it.tid));

    public void Exiting(FollowedProcess process) => TellAll(process, static (observer, it) => observer.Exiting(it));

    public void Exited(FollowedProcess process) => TellAll(process, static (observer, it) => observer.Exited(it));

    public void Detached(FollowedProcess process) => TellAll(process, static (observer, it) => observer.Detached(it));

    public void Released(FollowedProcess process) => TellAll(process, static (observer, it) => observer.Released(it));

    public void Noted(LedgerEntry entry) => TellAll(entry, static (observer, it) => observer.Noted(it));

    public void BetweenStops() => TellAll(0, static (observer, _) => observer.BetweenStops());

    private void TellAll<T>(T what, Action<IFollowObserver, T> tell)
    {
        Exception? fault = null;
        foreach (IFollowObserver observer in _observers)
        {
            try
            {
                tell(observer, what);
            }
            catch (Exception e)
            {
                fault ??= e;
            }
        }

        Throw(fault);
    }

    private static void Throw(Exception? fault)
    {
        if (fault is not null)
            ExceptionDispatchInfo.Throw(fault);
    }
}
