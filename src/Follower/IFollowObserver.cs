namespace ForkFollow.Follower;

/// <summary>What becomes of a process after its birth.</summary>
public enum BirthVerdict
{
    /// <summary>It is followed.</summary>
    Follow,

    /// <summary>It is let go in its first stop, with all that it will ever fork.</summary>
    LetGo,
}

/// <summary>
/// Is told of the processes of a tree. All calls come on the tracer thread, so the whole tree waits for them: do what
/// must be done now, allocate nothing in the calls that say "held", and leave the rest to a thread of your own. An
/// exception is logged and entered in the ledger; the process goes on.
/// </summary>
public interface IFollowObserver
{
    /// <summary>A process that ran before us is followed now. Not held: it runs on. Its command line is known a little later.</summary>
    void Attached(FollowedProcess process)
    {
    }

    /// <summary>
    /// A process is about to execute its first instruction. Held. For a launched process that is the first
    /// instruction of the command; <see cref="Execed"/> follows at once.
    /// </summary>
    BirthVerdict Born(FollowedProcess process) => BirthVerdict.Follow;

    /// <summary>A process is about to execute the first instruction of a new program. Held.</summary>
    void Execed(FollowedProcess process, in ExecView image)
    {
    }

    /// <summary>A further thread of a process is about to execute its first instruction. Held.</summary>
    void ThreadBorn(FollowedProcess process, int tid)
    {
    }

    /// <summary>
    /// A process is about to exit; its memory is still there. Held. Only for processes that called exec, were
    /// attached or forked, and not after SIGKILL. It is its main thread's exit: other threads may still live.
    /// </summary>
    void Exiting(FollowedProcess process)
    {
    }

    /// <summary>
    /// A process is dead and reaped, and its end is known. The only call for one that was killed before its first
    /// instruction.
    /// </summary>
    void Exited(FollowedProcess process)
    {
    }

    /// <summary>
    /// A process is no longer followed, and lives on. The only call for one that was let go before its first stop.
    /// </summary>
    void Detached(FollowedProcess process)
    {
    }

    /// <summary>
    /// After Exited or Detached: none of its children is unborn any more, so that nobody needs anything of it.
    /// </summary>
    void Released(FollowedProcess process)
    {
    }

    /// <summary>Something is not followed, or not as it should be. Added to the ledger at the same time.</summary>
    void Noted(LedgerEntry entry)
    {
    }

    /// <summary>Nobody is held: the moment to allocate what the next births need.</summary>
    void BetweenStops()
    {
    }
}
