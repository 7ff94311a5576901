using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>Every phase × wish × kind of status, against the rules as DESIGN states them, one by one.</summary>
public sealed class StopMachineTests
{
    private const int LastSignal = 64;

    private static readonly PtraceEvent[] _events =
    [
        PtraceEvent.PTRACE_EVENT_FORK, PtraceEvent.PTRACE_EVENT_VFORK, PtraceEvent.PTRACE_EVENT_CLONE,
        PtraceEvent.PTRACE_EVENT_EXEC, PtraceEvent.PTRACE_EVENT_VFORK_DONE, PtraceEvent.PTRACE_EVENT_EXIT,
        PtraceEvent.PTRACE_EVENT_SECCOMP, PtraceEvent.PTRACE_EVENT_STOP, (PtraceEvent)99,
    ];

    private static readonly int[] _stopSignals = [19, 20, 21, 22];

    private static IEnumerable<TraceeState> AllStates =>
        from phase in Enum.GetValues<TraceePhase>()
        from wished in (bool[])[false, true]
        select new TraceeState(phase, wished);

    private static IEnumerable<TraceeState> NamedStates => AllStates.Where(
        state => state.Phase is not (TraceePhase.Unknown or TraceePhase.HeldAtBirth));

    private static IEnumerable<WaitStatus> AllDeaths =>
        Enumerable.Range(0, 256).Select(WaitStatus.ForExit)
            .Concat(Enumerable.Range(1, LastSignal).Select(signal => WaitStatus.ForKill(signal)))
            .Concat(Enumerable.Range(1, LastSignal).Select(signal => WaitStatus.ForKill(signal, core: true)));

    private static IEnumerable<WaitStatus> AllSignalStops =>
        Enumerable.Range(1, LastSignal).Select(signal => WaitStatus.ForStop(signal));

    private static IEnumerable<WaitStatus> AllEventStops =>
        from ptraceEvent in _events
        from signal in Enumerable.Range(1, LastSignal)
        select WaitStatus.ForStop(signal, ptraceEvent);

    private static WaitStatus SyscallStop => WaitStatus.ForStop(Linux.SIGTRAP | 0x80);

    private static IEnumerable<WaitStatus> AllStops => AllSignalStops.Concat(AllEventStops).Append(SyscallStop);

    [Fact]
    public void A_death_is_reaped_in_any_state()
    {
        foreach (TraceeState state in AllStates)
        {
            foreach (WaitStatus death in AllDeaths)
            {
                Assert.Equal(
                    new StopDecision(TraceePhase.Unknown, StopAction.Reap, StopNotice.Ended),
                    StopMachine.Decide(state, death));
            }
        }
    }

    [Fact]
    public void Whom_nobody_has_named_is_held_whatever_its_stop()
    {
        foreach (TraceeState state in AllStates.Except(NamedStates))
        {
            foreach (WaitStatus stop in AllStops)
            {
                Assert.Equal(
                    new StopDecision(TraceePhase.HeldAtBirth, StopAction.Hold, StopNotice.None),
                    StopMachine.Decide(state, stop));
            }
        }
    }

    [Fact]
    public void The_first_stop_of_a_named_child_completes_its_birth_and_is_answered_like_any_other()
    {
        foreach (WaitStatus stop in AllStops)
        {
            foreach (bool wished in (bool[])[false, true])
            {
                StopDecision born = StopMachine.Decide(new(TraceePhase.Unborn, wished), stop);
                StopDecision later = StopMachine.Decide(new(TraceePhase.Running, wished), stop);
                Assert.Equal(StopNotice.BirthComplete, born.Notice);
                Assert.Equal(later with { Notice = StopNotice.BirthComplete }, born);
            }
        }
    }

    [Fact]
    public void A_signal_is_passed_on_and_nothing_else_is_made_a_signal()
    {
        foreach (TraceeState state in NamedStates)
        {
            foreach (WaitStatus stop in AllSignalStops)
                Assert.Equal(stop.StopSignal, StopMachine.Decide(state, stop).Signal);
            foreach (WaitStatus stop in AllEventStops.Append(SyscallStop))
                Assert.Equal(0, StopMachine.Decide(state, stop).Signal);
        }
    }

    [Fact]
    public void A_group_stop_is_listened_to_and_every_other_stop_continued()
    {
        foreach (TraceeState state in NamedStates.Where(state => !state.DetachWished))
        {
            foreach (WaitStatus stop in AllStops)
            {
                bool groupStop = stop.Event == PtraceEvent.PTRACE_EVENT_STOP && _stopSignals.Contains(stop.StopSignal);
                StopDecision decision = StopMachine.Decide(state, stop);
                Assert.Equal(groupStop ? StopAction.Listen : StopAction.Continue, decision.Action);
                Assert.Equal(groupStop ? TraceePhase.Listening : TraceePhase.Running, decision.Next);
            }
        }
    }

    [Fact]
    public void Who_is_wished_away_is_detached_at_any_stop()
    {
        foreach (TraceeState state in NamedStates.Where(state => state.DetachWished))
        {
            foreach (WaitStatus stop in AllStops)
                Assert.Equal(StopAction.Detach, StopMachine.Decide(state, stop).Action);
        }
    }

    [Theory]
    [InlineData(1, StopNotice.ChildNamed)]
    [InlineData(2, StopNotice.ChildNamed)]
    [InlineData(3, StopNotice.ChildNamed)]
    [InlineData(4, StopNotice.Execed)]
    [InlineData(5, StopNotice.None)]
    [InlineData(6, StopNotice.Exiting)]
    [InlineData(7, StopNotice.None)]
    [InlineData(128, StopNotice.None)]
    [InlineData(99, StopNotice.UnknownEvent)]
    [InlineData(0, StopNotice.None)]
    public void Each_event_is_told_as_what_it_is(int ptraceEvent, object notice)
    {
        foreach (TraceeState state in NamedStates.Where(state => state.Phase != TraceePhase.Unborn))
        {
            StopDecision decision = StopMachine.Decide(state, WaitStatus.ForStop(Linux.SIGTRAP, (PtraceEvent)ptraceEvent));
            Assert.Equal(notice, decision.Notice);
        }
    }
}
