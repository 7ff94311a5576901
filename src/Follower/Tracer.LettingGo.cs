using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>
/// Letting go. Of everything: the thread ends, and the kernel detaches all tracees at once. Of a part: INTERRUPT, and
/// DETACH at the next stop, whichever that is; an unborn child is detached in its first stop.
/// <code>
/// P FORK C1 · CONT P · P FORK C2 · CONT P · detach wished → INTERRUPT P · P stop → DETACH P · C1 first stop → DETACH · C2 …
/// INTERRUPT P · C first stop (held) · P CLONE C → DETACH P, DETACH C
/// P FORK C · CONT P · P exits · INTERRUPT P → ESRCH · C first stop → DETACH C
/// </code>
/// INTERRUPT makes epoll_wait, semop, sigtimedwait and io_getevents of the target return EINTR: that is why it is used
/// for a part of a tree alone.
/// </summary>
internal sealed partial class Tracer
{
    /// <summary>Processes that we have let go: not escapes, if they turn up among somebody's children.</summary>
    private readonly HashSet<int> _detachedPids = [];

    private FollowUntil _until = FollowUntil.All;
    private OnExit _onExit = OnExit.Detach;
    private bool _lettingGo;
    private bool _killing;

    /// <summary>Wishes a process away: each of its threads is detached at its next stop, its children at birth.</summary>
    /// <returns>False if it is not followed.</returns>
    internal bool LetGo(FollowedProcess process)
    {
        if (process.End != ProcessEnd.Alive)
            return false;
        if (!process.DetachWished)
        {
            process.DetachWished = true;
            InterruptThreads(process);
            WishForUnborn(process, away: true);
        }

        return true;
    }

    /// <summary>Takes the wish back, if nothing has been detached yet.</summary>
    /// <returns>Whether the process stays followed.</returns>
    internal bool Keep(FollowedProcess process)
    {
        if (process.End != ProcessEnd.Alive || process.DetachBegun)
            return false;
        process.DetachWished = false;
        WishForUnborn(process, away: false);
        return true;
    }

    /// <summary>Lets everything go at once, by ending the thread.</summary>
    internal void EndByDetaching() => _ended = true;

    /// <summary>Kills what is followed, and goes on until all of it has been reaped.</summary>
    internal void EndByKilling()
    {
        _killing = true;
        foreach (FollowedProcess process in _processes.Values)
            _kernel.Kill(process.Pid);
    }

    private void RootEnded()
    {
        RootGone.TrySetResult();
        if (_until != FollowUntil.Root || _killing)
            return;

        // With EXITKILL the end of the thread would kill what the command left behind: so, one by one.
        if (_onExit == OnExit.Detach)
        {
            _ended = true;
            return;
        }

        _lettingGo = true;
        foreach (FollowedProcess process in _processes.Values)
        {
            process.DetachWished = true;
            InterruptThreads(process);
        }
    }

    /// <summary>What holds for a process holds for its unborn children; they need no INTERRUPT, they will stop anyway.</summary>
    private void WishForUnborn(FollowedProcess parent, bool away)
    {
        foreach (FollowedProcess child in _processes.Values)
        {
            if (child.Parent == parent && _tracees.TryGetValue(child.Pid, out Tracee? tracee)
                && tracee.Phase == TraceePhase.Unborn)
            {
                child.DetachWished = away;
            }
        }
    }

    private void InterruptThreads(FollowedProcess process)
    {
        foreach (Tracee tracee in _tracees.Values)
        {
            // False: it is dying. The held and the unborn are stopped, or will be, without it.
            if (tracee.Process == process && tracee.Phase is TraceePhase.Running or TraceePhase.Listening)
                Guard(tracee.Tid, "be interrupted", static (tracer, tid) => tracer._kernel.Interrupt(tid));
        }
    }

    /// <summary>After a DETACH: the node goes, and with its last one the process.</summary>
    private void Forget(Tracee tracee)
    {
        if (tracee.Process is not { } process)
        {
            Drop(tracee);
            return;
        }

        CountSwitches(tracee, process);
        process.DetachBegun = true;
        process.LiveThreads--;
        Drop(tracee);
        if (process.LiveThreads == 0)
            EndDetached(process);
    }

    /// <summary>Just before the thread ends: whoever is still followed is on record as let go.</summary>
    private void DetachAllRecords()
    {
        _ended = true;
        _noticed = _kernel.Now();
        AdoptHeld();
        foreach (Tracee tracee in _tracees.Values)
        {
            if (tracee is { IsLeader: true, Phase: TraceePhase.Unborn })
                Unhand(tracee.Process!);
            if (tracee.Process is { } its)
                CountSwitches(tracee, its);
        }

        foreach (FollowedProcess process in _processes.Values.ToArray())
            Guard(process, "be recorded", static (tracer, one) => tracer.EndDetached(one));
        _tracees.Clear();
    }

    /// <summary>Adds what a thread has switched: it is a zombie, or is let go.</summary>
    private void CountSwitches(Tracee tracee, FollowedProcess process)
    {
        if (_kernel.ReadStatus(tracee.Tid, out ProcStatus status) == ProcOutcome.Read && status.Tgid == process.Pid)
            process.Account.AddThread(status.Switches - tracee.Before);
        else
            process.Account.LoseThread();
    }

    private void EndDetached(FollowedProcess process)
    {
        if (!_ended && !_lettingGo)
            _detachedPids.Add(process.Pid);
        ResourceUsage? usage = UsageOfLiving(process);
        _noticed = _kernel.Now(); // no earlier than what is told of it
        EndProcess(process, ProcessEnd.Detached, exit: null, usage);
    }

    private ResourceUsage? UsageOfLiving(FollowedProcess process)
    {
        if (!_kernel.ReadUsage(process.Pid, out UsageSample own)
            || _kernel.ReadStatus(process.Pid, out ProcStatus status) != ProcOutcome.Read)
        {
            return null;
        }

        own.PeakRssBytes = status.PeakRssBytes;
        return process.Account.SettleAlive(own);
    }
}
