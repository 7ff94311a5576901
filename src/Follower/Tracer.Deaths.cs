using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>
/// Deaths. The real parent cannot reap a child before its tracer has, so a dead tracee is reaped at once. What must be
/// known of a zombie (its own CPU time, whose child it was) is read before that.
/// </summary>
internal sealed partial class Tracer
{
    /// <summary>Who looks into a process is waited for so long: a file server that hangs must not hold the whole tree.</summary>
    private const long LongestLookNs = 10_000_000;

    private readonly List<int> _children = new(16);

    private void Bury(int tid, WaitStatus status)
    {
        _strangers.Remove(tid);
        if (!_tracees.TryGetValue(tid, out Tracee? tracee) || tracee.Process is null)
            tracee = BuryUnnamed(tid, tracee);
        if (tracee?.Process is not { } process)
        {
            _kernel.Reap(tid, out _);
            return;
        }

        // The main thread is reported last, when all others are gone.
        bool processEnds = tracee.IsLeader || (!process.LeaderTraced && process.LiveThreads == 1 && !process.DetachBegun);
        bool unborn = tracee is { IsLeader: true, Phase: TraceePhase.Unborn };
        UsageSample own = default;
        if (processEnds && process.Account.NeedsSample)
            _kernel.ReadUsage(process.Pid, out own);

        if (process.Account.CountsThreads || (processEnds && process.Account.NeedsSample))
            CountSwitches(tracee, process);
        else if (!processEnds)
            process.Account.LoseThread();
        if (processEnds)
            EndLooks(process);
        _kernel.Reap(tid, out rusage both);
        process.LiveThreads--;
        Drop(tracee);
        if (!processEnds)
        {
            // The others have been detached, and live: what becomes of the process is not ours to see.
            if (process.LiveThreads == 0)
                EndDetached(process);
            return;
        }

        if (process.LiveThreads > 0)
            DropThreads(process, except: null);
        if (unborn)
            Unhand(process);
        process.Parent?.Account.AddReapedChild(both);
        EndProcess(process, ProcessEnd.Exited, ExitOf(status), process.Account.Settle(both, own));
    }

    private static ProcessExit ExitOf(WaitStatus status) =>
        new(status.Exited ? status.ExitCode : 0, status.Killed ? status.TermSignal : 0, status.DumpedCore);

    /// <summary>
    /// A child that died before anybody named it: killed in or before its first stop. As a zombie it still tells its
    /// parent, and it belongs into the tree.
    /// </summary>
    /// <returns>Its node, or null if it has no place in the tree.</returns>
    private Tracee? BuryUnnamed(int tid, Tracee? held)
    {
        if (held is not null)
            _heldAtBirth.Remove(held);
        if (!FindPlace(tid, out ProcStatus status) || status.Tgid != tid)
        {
            // A thread: its process goes on, or is dying with it.
            if (held is not null)
                Drop(held);
            return null;
        }

        held ??= AddTracee(tid, TraceePhase.Unborn, process: null);
        if (AdoptEarly(held, status))
            return held;
        Drop(held);
        return null;
    }

    private void EndProcess(FollowedProcess process, ProcessEnd end, ProcessExit? exit, ResourceUsage? usage)
    {
        _processes.Remove(process.Pid);
        ForgetEarly(process);
        EndLooks(process);
        process.Finish(end, _noticed, exit, usage);
        if (_gate == process)
        {
            // It never became the command: whoever launched it knows why.
            _gate = null;
            return;
        }

        if (process.LacksPrivileges && exit is { ShellStatus: not 0 })
            Tell(LedgerKind.WithoutPrivileges, $"{process} failed; it ran {WithoutPrivileges}");
        if (end == ProcessEnd.Detached)
            _observer.Detached(process);
        else
            _observer.Exited(process);
        if (process.UnbornChildren == 0)
            _observer.Released(process);

        if (process == _root)
            RootEnded();
    }

    /// <summary>While the process is held in its exit stop.</summary>
    private void Exiting(Tracee tracee, FollowedProcess process)
    {
        if (!tracee.IsLeader)
            return;
        if (_kernel.ReadStatus(tracee.Tid, out ProcStatus status) == ProcOutcome.Read)
            process.Account.PeakAtExit = status.PeakRssBytes;
        LookForEscapes(process);
        if (process.Announced)
            _observer.Exiting(process);

        // Its files go before it is a zombie, and who has the other end of its pipe may know before we do.
        if (process.LiveThreads == 1)
            EndLooks(process);
    }

    /// <summary>
    /// Before anybody but us can know that it is dead, or it can die without us: who looks into it leaves. Costs nothing if nobody does.
    /// </summary>
    private void EndLooks(FollowedProcess process)
    {
        if (process.ShutLooks() && process.IsLookedInto)
            AwaitLeaving(process);
    }

    private void AwaitLeaving(FollowedProcess process)
    {
        long end = _kernel.Now() + LongestLookNs;
        do
            _kernel.Yield();
        while (process.IsLookedInto && _kernel.Now() < end);
    }

    /// <summary>Children made with CLONE_UNTRACED give no event and no stop: they show in /proc alone.</summary>
    private void LookForEscapes(FollowedProcess process)
    {
        _children.Clear();
        _kernel.ReadChildren(process.Pid, process.Pid, _children);
        foreach (int child in _children)
        {
            if (_tracees.ContainsKey(child) || _kernel.ReadStatus(child, out ProcStatus status) != ProcOutcome.Read
                || status.IsZombie || status.TracerPid != 0 || _detachedPids.Contains(child))
            {
                continue;
            }

            Note(new(
                LedgerKind.Escaped,
                child,
                $"{child}, a child of {process}, is not followed: it was made with CLONE_UNTRACED"));
        }
    }

    /// <summary>Nobody will name the children of a dead process any more.</summary>
    private void ForgetEarly(FollowedProcess parent)
    {
        if (_adoptedEarly.Count == 0)
            return;
        foreach ((int tid, FollowedProcess creator) in _adoptedEarly)
        {
            if (creator == parent)
                _adoptedEarly.Remove(tid);
        }
    }

    /// <summary>Takes the node out; the tracee is dead or gone.</summary>
    private void Drop(Tracee tracee)
    {
        _tracees.Remove(tracee.Tid);
        _stock.Return(tracee);
    }
}
