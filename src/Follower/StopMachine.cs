using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>Where one tracee stands between two of its stops.</summary>
internal enum TraceePhase : byte
{
    /// <summary>A tid that we have not heard of.</summary>
    Unknown,

    /// <summary>Its first stop came before its creator's event: it is kept stopped until we know whose child it is.</summary>
    HeldAtBirth,

    /// <summary>Its creator's event is in, its first stop is not.</summary>
    Unborn,

    /// <summary>Runs, or will with the answer to its stop.</summary>
    Running,

    /// <summary>In a group-stop that we answered with LISTEN: stopped for everybody, woken by SIGCONT alone.</summary>
    Listening,
}

/// <summary>What the tracer thread has to do with the stopped tracee.</summary>
internal enum StopAction : byte
{
    /// <summary>Nothing: it stays stopped.</summary>
    Hold,

    /// <summary>PTRACE_CONT with the decision's signal (0: none).</summary>
    Continue,

    /// <summary>PTRACE_LISTEN.</summary>
    Listen,

    /// <summary>PTRACE_DETACH with the decision's signal (0: none).</summary>
    Detach,

    /// <summary>Reap it and drop its node.</summary>
    Reap,
}

/// <summary>What has become known with the stop.</summary>
internal enum StopNotice : byte
{
    None,

    /// <summary>It made a child, whose tid is the event message.</summary>
    ChildNamed,

    /// <summary>Both halves of its birth are in: what must be done before its first instruction is done now.</summary>
    BirthComplete,

    /// <summary>It runs a new program.</summary>
    Execed,

    /// <summary>It is about to exit; its memory is still there.</summary>
    Exiting,

    /// <summary>It is dead.</summary>
    Ended,

    /// <summary>An event that this version does not know.</summary>
    UnknownEvent,
}

/// <summary>What a decision depends on, besides the stop itself.</summary>
/// <param name="Phase">Where the tracee stands.</param>
/// <param name="DetachWished">Its process is to be let go.</param>
internal readonly record struct TraceeState(TraceePhase Phase, bool DetachWished);

/// <summary>The answer to a stop.</summary>
internal readonly record struct StopDecision(TraceePhase Next, StopAction Action, StopNotice Notice, int Signal = 0);

/// <summary>
/// Decides what a stop means and how it is answered. Pure: it asks nothing and does nothing, so that a test can put
/// every state and every status to it. The tracer thread carries the decision out.
/// </summary>
internal static class StopMachine
{
    internal static StopDecision Decide(TraceeState state, WaitStatus status)
    {
        if (status.HasEnded)
            return new(TraceePhase.Unknown, StopAction.Reap, StopNotice.Ended);

        return state.Phase switch
        {
            // The creator's event will name it, or /proc will: until then it must not run a single instruction.
            TraceePhase.Unknown or TraceePhase.HeldAtBirth =>
                new(TraceePhase.HeldAtBirth, StopAction.Hold, StopNotice.None),

            // A first stop may carry a stop signal (born into a group that is stopping): it ends the birth, and is
            // then answered like any other.
            TraceePhase.Unborn => Answer(state, status) with { Notice = StopNotice.BirthComplete },

            _ => Answer(state, status),
        };
    }

    private static StopDecision Answer(TraceeState state, WaitStatus status)
    {
        StopNotice notice = NoticeOf(status);
        if (state.DetachWished)
        {
            // Only a signal-delivery-stop carries a signal that would be lost; that of any other stop is no signal.
            int signal = status.IsSignalDelivery ? status.StopSignal : 0;
            return new(TraceePhase.Running, StopAction.Detach, notice, signal);
        }

        if (status.IsGroupStop)
            return new(TraceePhase.Listening, StopAction.Listen, notice);

        return new(TraceePhase.Running, StopAction.Continue, notice, status.IsSignalDelivery ? status.StopSignal : 0);
    }

    private static StopNotice NoticeOf(WaitStatus status) => status.Event switch
    {
        PtraceEvent.PTRACE_EVENT_FORK or PtraceEvent.PTRACE_EVENT_VFORK or PtraceEvent.PTRACE_EVENT_CLONE =>
            StopNotice.ChildNamed,
        PtraceEvent.PTRACE_EVENT_EXEC => StopNotice.Execed,
        PtraceEvent.PTRACE_EVENT_EXIT => StopNotice.Exiting,

        // EVENT_STOP with SIGTRAP: the answer to INTERRUPT, or SIGCONT after LISTEN (its own delivery-stop follows).
        PtraceEvent.None or PtraceEvent.PTRACE_EVENT_STOP or PtraceEvent.PTRACE_EVENT_VFORK_DONE
            or PtraceEvent.PTRACE_EVENT_SECCOMP => StopNotice.None,
        _ => StopNotice.UnknownEvent,
    };
}
