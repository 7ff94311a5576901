using ForkFollow.Native;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Follower;

/// <summary>
/// Faults of ours, or answers of the kernel that nobody expects. None may hold or kill a target, and none may end the tracer thread
/// while anybody is traced, since what was launched would die with it. So each tracee is guarded by itself, wherever several are
/// seen to in a row: it is told, and that one goes on as if nobody knew it.
/// </summary>
internal sealed partial class Tracer
{
    /// <summary>The longest pause, ms, before the next try of what fails again and again.</summary>
    private const int LongestPause = 100;

    private int _failures;

    /// <summary>Answers one stop; a fault costs what is known of its tracee, not the tracee.</summary>
    private void HandleGuarded(int tid, WaitStatus status)
    {
        try
        {
            Handle(tid, status);
        }
        catch (Exception e)
        {
            GoOn(tid, status, e);
        }
    }

    /// <summary>Answers a stop by the stop alone.</summary>
    private void GoOn(int tid, WaitStatus status, Exception fault)
    {
        Fault(tid, $"{status} of {tid} could not be handled", fault);
        StopDecision decision = StopMachine.Decide(new(TraceePhase.Running, DetachWished: false), status);
        try
        {
            CarryOutAlone(tid, decision);
        }
        catch (Exception e)
        {
            // If its stop has not been consumed, it is reported again. One that was held at birth has only this chance left.
            Fault(tid, $"{tid} could not go on", e);
            Guard(tid, "be let go", static (tracer, it) => tracer._kernel.Detach(it, 0));
        }

        if (_tracees.TryGetValue(tid, out Tracee? tracee))
            Settle(tracee, status, decision);
        BearNext();
    }

    /// <summary>Makes the node of one that went on true.</summary>
    private void Settle(Tracee tracee, WaitStatus status, StopDecision decision)
    {
        if (tracee.Process is not { } process)
        {
            _heldAtBirth.Remove(tracee);
            Drop(tracee); // Its next stop is the first that we know of.
            return;
        }

        if (status.Event == PtraceEvent.PTRACE_EVENT_EXEC)
        {
            PassGate(process);
            TellStart(process);
        }

        if (tracee.IsLeader && tracee.Phase == TraceePhase.Unborn)
            Unhand(process);
        tracee.Phase = decision.Next;
        if (status.HasEnded)
            EndWithoutFigures(tracee, process, status);
    }

    private void CarryOutAlone(int tid, StopDecision decision)
    {
        switch (decision.Action)
        {
            case StopAction.Reap:
                _kernel.Reap(tid, out _);
                break;
            case StopAction.Listen:
                _kernel.Listen(tid);
                break;
            default:
                _kernel.Continue(tid, decision.Signal);
                break;
        }
    }

    private void EndWithoutFigures(Tracee tracee, FollowedProcess process, WaitStatus status)
    {
        process.LiveThreads--;
        Drop(tracee);
        if (process.End != ProcessEnd.Alive || (tracee.Tid != process.Pid && process.LiveThreads > 0))
            return;
        DropThreads(process, except: null);
        EndProcess(process, ProcessEnd.Exited, ExitOf(status), usage: null);
    }

    /// <summary>Does something for one of many; the others have their turn whatever comes of it.</summary>
    private void Guard<T>(T one, string what, Action<Tracer, T> action)
    {
        try
        {
            action(this, one);
        }
        catch (Exception e)
        {
            Fault(0, $"{one} could not {what}", e);
        }
    }

    private void Fault(int tid, string what, Exception fault)
    {
        _logger.LogDebug(fault, "{What}", what);
        Note(new(LedgerKind.Fault, tid, $"{what}: {fault.Message}"));
    }

    /// <summary>A turn that is about nobody in particular failed: the wait itself. It is tried again, ever slower.</summary>
    private void FailedTurn(Exception fault)
    {
        Fault(0, "the wait for tracees failed", fault);
        Thread.Sleep(Math.Min(1 << Math.Min(_failures++, 10), LongestPause));
    }
}
