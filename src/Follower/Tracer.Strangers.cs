namespace ForkFollow.Follower;

/// <summary>
/// Strangers: who had taken over the id of a target between the look and the seize. They are let go at their next stop, with all that
/// they have made meanwhile (S stranger, C its child):
/// <code>
/// INTERRUPT S · S stop → DETACH S
/// INTERRUPT S · S FORK C → DETACH S · C first stop → DETACH C
/// INTERRUPT S · C first stop (held) · S FORK C → DETACH S, DETACH C
/// </code>
/// </summary>
internal sealed partial class Tracer
{
    private readonly HashSet<int> _strangers = [];

    private void SendAway(int tid)
    {
        _strangers.Add(tid);
        _kernel.Interrupt(tid);
    }

    private void LetStrangerGo(int tid, WaitStatus status)
    {
        StopDecision decision = StopMachine.Decide(new(TraceePhase.Running, DetachWished: true), status);
        if (decision.Notice == StopNotice.ChildNamed && _kernel.GetEventMessage(tid, out long message))
        {
            if (!_tracees.TryGetValue((int)message, out Tracee? child))
                _strangers.Add((int)message);
            else if (_heldAtBirth.Remove(child) && _kernel.Detach(child.Tid, 0))
                Drop(child);
        }

        if (_kernel.Detach(tid, decision.Signal))
            _strangers.Remove(tid);
    }
}
