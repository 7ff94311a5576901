namespace ForkFollow.Follower;

/// <summary>
/// Inits of pid namespaces that crash. The kernel drops every signal that would kill an init by default; but what an init does itself
/// kills it all the same, unless it is traced ("users won't expect debugging to leave init killable", force_sig_info_to_task in
/// its signal.c). So a traced one does the faulty instruction for ever:
/// <code>
/// I SIGSEGV · CONT I SIGSEGV · I SIGSEGV · CONT I SIGSEGV · …
/// I SIGSEGV · DETACH I SIGSEGV · (I does it once more, untraced, and dies of it) · the watch tells its end
/// </code>
/// </summary>
internal sealed partial class Tracer
{
    /// <summary>How many are let go whose end is still to come.</summary>
    private int _watched;

    /// <summary>Lets an init go that is stopped for what is bound to kill it.</summary>
    /// <returns>False if it is none, or handles the signal.</returns>
    private bool LetInitDie(Tracee tracee, FollowedProcess process, int signal)
    {
        if (process.IsInit is null)
            process.IsInit = _kernel.IsInit(process.Pid);
        if (process.IsInit is false || !_kernel.IsFatalFault(process.Pid, tracee.Tid, signal))
            return false;

        CountSwitches(tracee, process);

        // With another thread traced, the death of the group is reported as always.
        bool others = process.LiveThreads > 1;
        bool watched = !others && Watch(process, WaitStatus.ForKill(signal));
        if (!others)
            EndLooks(process);
        if (!_kernel.Detach(tracee.Tid, signal))
        {
            process.Account.LoseThread(); // It is dying: its death will be reported, and its switches counted again.
            return true;
        }

        if (tracee.IsLeader)
            process.LeaderTraced = false;
        process.LiveThreads--;
        Drop(tracee);
        if (!others && !watched)
            EndDetached(process);
        return true;
    }

    /// <param name="process">Whose last thread is about to be let go.</param>
    /// <param name="expected">How it ends if the kernel does not tell.</param>
    private bool Watch(FollowedProcess process, WaitStatus expected)
    {
        ResourceUsage? usage = UsageOfLiving(process);
        _watched++;
        if (_kernel.WatchEnd(process.Pid, end => Post(() => WatchEnded(process, end ?? expected, usage))))
            return true;
        _watched--;
        return false;
    }

    private void WatchEnded(FollowedProcess process, WaitStatus status, ResourceUsage? usage)
    {
        _watched--;
        if (process.End != ProcessEnd.Alive)
            return;
        _noticed = _kernel.Now();
        process.Parent?.Account.NoteChild();
        EndProcess(process, ProcessEnd.Exited, ExitOf(status), usage);
    }

    /// <summary>Has the tracer thread do something. Any thread.</summary>
    private void Post(Action work) => _ = _mailbox.PostAsync(
        () =>
        {
            work();
            return true;
        },
        ifClosed: false);
}
