using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>
/// Births. A birth has two halves, which arrive in either order: its creator's event, which names it, and its own
/// first stop (P parent, C child):
/// <code>
/// P FORK C · CONT P · C first stop → observers, CONT C
/// C first stop (held) · P FORK C → CONT P, observers, CONT C
/// P FORK C · CONT P · P exits · C first stop → observers (P's collectors are still there), CONT C
/// C first stop (held) · P killed: its event never comes → /proc tells whose child it is
/// C killed before its first stop · [P FORK C] → in the tree, dead
/// </code>
/// The creator's event is the fast way, and the only one that knows who called fork; but it must not be the only one,
/// or a child could stay held for ever. So before the thread blocks, whoever is still held is adopted by what /proc
/// says. The event may then come late: <see cref="_adoptedEarly"/> remembers to expect it.
/// </summary>
internal sealed partial class Tracer
{
    /// <summary>Children adopted without their creator's event, by tid, and the process that may still name them.</summary>
    private readonly Dictionary<int, FollowedProcess> _adoptedEarly = new(64);

    private Tracee? _bornNext;

    /// <summary>The creator's half. Runs while the creator is stopped.</summary>
    private void ChildNamed(Tracee creator, PtraceEvent birthEvent)
    {
        if (!_kernel.GetEventMessage(creator.Tid, out long message))
            return; // Killed meanwhile. Its child's first stop finds its way by /proc.

        int tid = (int)message;
        FollowedProcess parent = creator.Process!;
        ProcessOrigin origin = OriginOf(birthEvent);
        if (_adoptedEarly.Remove(tid))
        {
            if (_processes.TryGetValue(tid, out FollowedProcess? adopted))
                adopted.Origin = origin;
            if (adopted is not null || !_kernel.IsThreadOf(parent.Pid, tid))
                GiveExitStop(creator);
            return;
        }

        // The event does not tell a thread from a process (clone flags do not determine it); the group does.
        bool isThread = _kernel.IsThreadOf(parent.Pid, tid);
        if (!_tracees.TryGetValue(tid, out Tracee? child))
        {
            child = AddTracee(tid, TraceePhase.Unborn, process: null);
        }
        else if (child.Phase == TraceePhase.HeldAtBirth)
        {
            _heldAtBirth.Remove(child);
            _bornNext = child;
        }
        else
        {
            return;
        }

        Name(child, parent, isThread, origin, creator.HasExitStop);
        if (!isThread)
            GiveExitStop(creator);
    }

    /// <summary>The child that was held until this event answers once its creator runs again.</summary>
    private void BearNext()
    {
        if (_bornNext is not { } child)
            return;
        _bornNext = null;
        AnswerHeld(child, static (tracer, one) => tracer.Answer(one, one.BirthStop));
    }

    /// <summary>The child's half, before anybody named it. It stays stopped.</summary>
    private void HoldAtBirth(int tid, WaitStatus status)
    {
        // Consumed now, or the peek would report it for ever. If it was killed meanwhile there is nothing to hold.
        if (!_kernel.ConsumeStop(tid))
            return;
        Tracee tracee = AddTracee(tid, TraceePhase.HeldAtBirth, process: null);
        tracee.BirthStop = status;
        tracee.HeldSince = _noticed;
        _heldAtBirth.Add(tracee);
    }

    /// <summary>Adopts those whose creator's event has not come by the time that there is nothing else to do.</summary>
    /// <returns>Whether there were any.</returns>
    private bool AdoptHeld()
    {
        if (_heldAtBirth.Count == 0)
            return false;

        while (_heldAtBirth.Count > 0)
        {
            Tracee tracee = _heldAtBirth[0];
            _heldAtBirth.RemoveAt(0);
            AnswerHeld(tracee, static (tracer, one) => tracer.Adopt(one));
        }

        return true;
    }

    /// <summary>Its stop has been consumed: whatever fails, this is when it must go on.</summary>
    private void AnswerHeld(Tracee tracee, Action<Tracer, Tracee> answer)
    {
        (int tid, WaitStatus status) = (tracee.Tid, tracee.BirthStop);
        try
        {
            answer(this, tracee);
        }
        catch (Exception e)
        {
            GoOn(tid, status, e);
        }
    }

    private void Adopt(Tracee tracee)
    {
        if (!FindPlace(tracee.Tid, out ProcStatus status))
            Drop(tracee); // Reaped: by an exec of another thread, which ends without a report. Whoever is dead otherwise waits for us.
        else if (AdoptEarly(tracee, status))
            Answer(tracee, tracee.BirthStop);
        else if (_kernel.Detach(tracee.Tid, 0))
            Forget(tracee);
    }

    /// <summary>Whose child or thread a tracee is by what /proc says, or, where that cannot be read, by whose thread it is.</summary>
    /// <returns>False if there is no such thread any more.</returns>
    private bool FindPlace(int tid, out ProcStatus status)
    {
        ProcOutcome outcome = _kernel.ReadStatus(tid, out status);
        if (outcome is ProcOutcome.Read or ProcOutcome.Gone)
            return outcome == ProcOutcome.Read;

        Note(new(LedgerKind.Fault, tid, $"/proc/{tid}/status cannot be read ({outcome}): whose child it is, is not known"));
        status = new() { Tgid = _kernel.IsThreadOf(tid, tid) ? tid : 0 };
        foreach (FollowedProcess process in _processes.Values)
        {
            if (status.Tgid == 0 && _kernel.IsThreadOf(process.Pid, tid))
                status.Tgid = process.Pid;
        }

        return true;
    }

    /// <summary>Gives a child its place by what /proc says of it, its creator's event not being in.</summary>
    /// <returns>False for a thread of a process that we do not follow (any more).</returns>
    private bool AdoptEarly(Tracee tracee, in ProcStatus status)
    {
        if (status.Tgid != tracee.Tid)
        {
            if (!_processes.TryGetValue(status.Tgid, out FollowedProcess? group))
                return false;
            _adoptedEarly[tracee.Tid] = group;
            Name(tracee, group, isThread: true, ProcessOrigin.Clone, inheritsExitStop: true);
            return true;
        }

        if (_strangers.Contains(status.ParentPid))
            return false;

        if (_processes.TryGetValue(status.ParentPid, out FollowedProcess? parent))
        {
            _adoptedEarly[tracee.Tid] = parent;
        }
        else
        {
            Note(new(
                LedgerKind.ParentUnknown,
                tracee.Tid,
                $"{tracee.Tid} was born of a process that was killed before it could report it: its parent is not known"));
        }

        Name(tracee, parent, isThread: false, ProcessOrigin.Fork, inheritsExitStop: true);
        return true;
    }

    /// <summary>Says whose child a tracee is. It is born once its first stop is in too.</summary>
    private void Name(
        Tracee tracee, FollowedProcess? parent, bool isThread, ProcessOrigin origin, bool inheritsExitStop)
    {
        tracee.HasExitStop = inheritsExitStop;
        tracee.Phase = TraceePhase.Unborn;
        if (isThread)
        {
            tracee.Process = parent;
            parent!.ThreadsSeen++;
            parent.LiveThreads++;
            return;
        }

        tracee.Process = NewProcess(tracee.Tid, parent, origin);
        tracee.Process.DetachWished |= _lettingGo;
        if (parent is null)
            return;
        parent.UnbornChildren++;
        parent.Account.NoteChild();
    }

    /// <summary>Both halves are in, and the child is stopped.</summary>
    /// <returns>Whether it is to be let go at once.</returns>
    private bool CompleteBirth(Tracee tracee, FollowedProcess process)
    {
        if (tracee.HeldSince == 0)
            tracee.HeldSince = _noticed;
        if (tracee.HasExitStop)
        {
            // All options are inherited. An exit stop is a wake-up more, and most children need none.
            tracee.HasExitStop = false;
            _kernel.SetOptions(tracee.Tid, _options);
        }

        if (!tracee.IsLeader)
        {
            Figures.CountThreadBirth();
            _observer.ThreadBorn(process, tracee.Tid);
            return process.DetachWished;
        }

        Figures.CountBirth();
        process.Announced = true;
        if (_killing)
            _kernel.Kill(process.Pid);
        if (_observer.Born(process) == BirthVerdict.LetGo)
            process.DetachWished = true;
        Unhand(process);
        return process.DetachWished;
    }

    /// <summary>A child is no longer unborn: its parent, if dead, is needed no more when it was the last.</summary>
    private void Unhand(FollowedProcess child)
    {
        if (child.Parent is not { } parent)
            return;
        parent.UnbornChildren--;
        if (parent.UnbornChildren == 0 && parent.End != ProcessEnd.Alive)
            _observer.Released(parent);
    }

    /// <summary>
    /// A process that forks or execs gets an exit stop, to read its own peak RSS there: rusage's contains its
    /// children's, and that of the programs before. Only its main thread's exit is that of the process.
    /// </summary>
    private void GiveExitStop(Tracee tracee)
    {
        if (!tracee.HasExitStop && tracee.IsLeader && _kernel.SetOptions(tracee.Tid, WithExitStop))
            tracee.HasExitStop = true;
    }

    private Tracee AddTracee(int tid, TraceePhase phase, FollowedProcess? process)
    {
        Tracee tracee = _stock.TakeTracee();
        tracee.Reset(tid, phase, process);
        _tracees[tid] = tracee;
        return tracee;
    }

    private FollowedProcess NewProcess(int pid, FollowedProcess? parent, ProcessOrigin origin)
    {
        FollowedProcess process = _stock.TakeProcess();
        process.Reset(_nextId++, pid, parent, origin, _noticed);
        _processes[pid] = process;
        return process;
    }

    private static ProcessOrigin OriginOf(PtraceEvent birthEvent) => birthEvent switch
    {
        PtraceEvent.PTRACE_EVENT_VFORK => ProcessOrigin.Vfork,
        PtraceEvent.PTRACE_EVENT_CLONE => ProcessOrigin.Clone,
        _ => ProcessOrigin.Fork,
    };
}
