namespace ForkFollow.Follower;

/// <summary>One traced thread. Belongs to the tracer thread, which pools the nodes.</summary>
internal sealed class Tracee
{
    internal int Tid { get; private set; }

    /// <summary>Its process; null while it is held at birth and nobody has named it.</summary>
    internal FollowedProcess? Process { get; set; }

    internal TraceePhase Phase { get; set; }

    /// <summary>PTRACE_O_TRACEEXIT is on: children are born with it too, since they inherit all options.</summary>
    internal bool HasExitStop { get; set; }

    /// <summary>The first stop of a tracee that is held at birth, to be answered once it is named.</summary>
    internal WaitStatus BirthStop { get; set; }

    /// <summary>When its first stop was seen.</summary>
    internal long HeldSince { get; set; }

    /// <summary>The switches that it had before we watched it.</summary>
    internal Switches Before { get; set; }

    internal bool IsLeader => Process is { } process && process.Pid == Tid;

    internal void Reset(int tid, TraceePhase phase, FollowedProcess? process)
    {
        Tid = tid;
        Phase = phase;
        Process = process;
        HasExitStop = false;
        BirthStop = default;
        HeldSince = 0;
        Before = default;
    }

    /// <summary>After an exec by another thread, that thread goes on under the leader's tid.</summary>
    internal void Rename(int tid) => Tid = tid;
}
