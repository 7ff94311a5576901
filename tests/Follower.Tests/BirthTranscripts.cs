using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>Interleavings of births that occur in the field (SEEDS S1), replayed. P is 10, its children 20 and up.</summary>
public sealed class BirthTranscripts
{
    private const int P = Scene.P;
    private const int C = 20;
    private const int C2 = 21;
    private const int G = 30;

    private readonly Scene _scene = new();

    [Fact]
    public void Event_first_then_the_childs_stop()
    {
        _scene.Forks(P, C);
        Assert.Equal("CONT 10", _scene.TakeLog());
        _scene.FirstStop(C, P);
        Assert.Equal("OPTIONS 20 base · born 20 · CONT 20", _scene.TakeLog());
        Assert.Same(_scene.Parent, _scene.Seen[C].Parent);
        Assert.Equal(2, _scene.Seen[C].Id);
    }

    [Fact]
    public void The_childs_stop_first_it_is_held_until_the_event_and_the_parent_goes_first()
    {
        _scene.FirstStop(C, P);
        Assert.Equal("HOLD 20", _scene.TakeLog());
        _scene.Forks(P, C);
        Assert.Equal("CONT 10 · OPTIONS 20 base · born 20 · CONT 20", _scene.TakeLog());
    }

    [Fact]
    public void The_parent_exits_before_the_childs_stop_and_is_kept_until_the_birth()
    {
        _scene.Forks(P, C);
        _scene.Exits(P);
        Assert.Equal("CONT 10 · REAP 10 · exited 10", _scene.TakeLog());
        Assert.Equal(1, _scene.Parent.UnbornChildren);
        _scene.FirstStop(C, 1);
        Assert.Equal("OPTIONS 20 base · born 20 · released 10 · CONT 20", _scene.TakeLog());
        Assert.Same(_scene.Parent, _scene.Seen[C].Parent);
    }

    [Fact]
    public void Two_children_the_parent_released_after_the_second_birth_only()
    {
        _scene.Forks(P, C);
        _scene.Forks(P, C2);
        _scene.Exits(P);
        _scene.FirstStop(C2, 1);
        Assert.DoesNotContain("released", _scene.TakeLog(), StringComparison.Ordinal);
        _scene.FirstStop(C, 1);
        Assert.Contains("released 10", _scene.TakeLog(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_child_killed_before_its_first_stop_is_in_the_tree_dead_and_never_born()
    {
        _scene.Forks(P, C);
        _scene.TakeLog();
        _scene.Killed(C);
        Assert.Equal("REAP 20 · exited 20 · released 20", _scene.TakeLog());
        Assert.Equal(Linux.SIGKILL, _scene.Seen[C].Exit!.Signal);
        Assert.Equal(0, _scene.Parent.UnbornChildren);
    }

    [Fact]
    public void A_child_killed_before_anybody_named_it_is_in_the_tree_and_its_event_is_expected()
    {
        _scene.Kernel.AddProcess(C, P, zombie: true);
        _scene.Killed(C);
        Assert.Equal("REAP 20 · exited 20 · released 20", _scene.TakeLog());
        Assert.Same(_scene.Parent, _scene.Seen[C].Parent);

        // The event names a pid that is gone. No node may wait for it.
        _scene.Kernel.Messages[P] = C;
        _scene.Stop(P, WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_FORK));
        Assert.Equal("CONT 10", _scene.TakeLog());
        Assert.Single(_scene.Tracer.Processes);
    }

    [Fact]
    public void A_held_child_that_is_killed_is_in_the_tree()
    {
        _scene.FirstStop(C, P);
        _scene.Killed(C);
        Assert.Equal("HOLD 20 · REAP 20 · exited 20 · released 20", _scene.TakeLog());
        Assert.Equal(0, _scene.Parent.UnbornChildren);
    }

    [Fact]
    public void A_held_child_whose_creator_was_killed_is_adopted_before_the_thread_blocks()
    {
        _scene.Forks(P, C);
        _scene.FirstStop(C, P);
        _scene.FirstStop(G, C);
        _scene.TakeLog();
        _scene.WouldBlock();
        Assert.StartsWith("OPTIONS 30 base · born 30 · CONT 30 · ", _scene.TakeLog(), StringComparison.Ordinal);
        Assert.Same(_scene.Seen[C], _scene.Seen[G].Parent);
    }

    [Fact]
    public void The_event_of_a_child_adopted_early_only_tells_how_it_was_born()
    {
        _scene.FirstStop(C, P);
        _scene.Kernel.OnBlock = () =>
        {
            _scene.TakeLog();
            _scene.Forks(P, C, PtraceEvent.PTRACE_EVENT_VFORK);
            Assert.Equal("CONT 10", _scene.TakeLog());
            Assert.Equal(ProcessOrigin.Vfork, _scene.Seen[C].Origin);
            Assert.Equal(2, _scene.Tracer.Processes.Count);
            _scene.Tracer.EndByDetaching();
        };
        _scene.Tracer.Run();
    }

    [Fact]
    public void A_held_child_with_no_parent_that_we_follow_runs_and_the_ledger_says_so()
    {
        _scene.FirstStop(C, parent: 1);
        _scene.WouldBlock();
        Assert.Null(_scene.Seen[C].Parent);
        Assert.Contains(_scene.Tracer.Figures.Ledger, entry => entry is { Kind: LedgerKind.ParentUnknown, Pid: C });
        Assert.Contains("CONT 20", _scene.TakeLog(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_that_vanished_while_we_looked_leaves_no_node()
    {
        _scene.Kernel.Dying.Add(C);
        _scene.FirstStop(C, P);
        Assert.Equal("HOLD 20 ESRCH", _scene.TakeLog());
        _scene.Killed(C);
        Assert.Equal("REAP 20 · exited 20 · released 20", _scene.TakeLog());
    }

    [Theory]
    [InlineData(1, ProcessOrigin.Fork)]
    [InlineData(2, ProcessOrigin.Vfork)]
    [InlineData(3, ProcessOrigin.Clone)]
    public void The_event_tells_how_a_process_was_born(int birthEvent, ProcessOrigin origin)
    {
        _scene.Forks(P, C, (PtraceEvent)birthEvent);
        _scene.FirstStop(C, P);
        Assert.Equal(origin, _scene.Seen[C].Origin);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_group_tells_a_thread_from_a_process_not_the_event(int birthEvent)
    {
        _scene.Kernel.AddThread(11, P);
        _scene.Forks(P, 11, (PtraceEvent)birthEvent);
        _scene.Stop(11, Scene.BirthStop);
        Assert.Equal("CONT 10 · OPTIONS 11 base · thread 11 of 10 · CONT 11", _scene.TakeLog());
        Assert.Equal(2, _scene.Parent.ThreadsSeen);
        Assert.Single(_scene.Tracer.Processes);
    }

    [Fact]
    public void A_thread_born_into_a_group_that_is_stopping_is_born_and_listened_to()
    {
        _scene.Kernel.AddThread(11, P);
        _scene.Forks(P, 11, PtraceEvent.PTRACE_EVENT_CLONE);
        _scene.Stop(11, Scene.GroupStop);
        Assert.Equal("CONT 10 · OPTIONS 11 base · thread 11 of 10 · LISTEN 11", _scene.TakeLog());
    }

    [Fact]
    public void A_child_that_an_observer_refuses_is_let_go_in_its_first_stop_with_all_it_will_fork()
    {
        _scene.Verdict = BirthVerdict.LetGo;
        _scene.Forks(P, C);
        _scene.TakeLog();
        _scene.FirstStop(C, P);
        Assert.Equal("OPTIONS 20 base · born 20 · DETACH 20 · detached 20 · released 20", _scene.TakeLog());
        Assert.Equal(ProcessEnd.Detached, _scene.Seen[C].End);
    }

    [Fact]
    public void An_observer_that_throws_neither_holds_nor_loses_the_child()
    {
        _scene.OnTold = _ => throw new InvalidOperationException("broken");
        _scene.Forks(P, C);
        _scene.FirstStop(C, P);
        Assert.EndsWith("CONT 20", _scene.TakeLog(), StringComparison.Ordinal);
        Assert.Contains(_scene.Tracer.Figures.Ledger, entry => entry.Kind == LedgerKind.ObserverFault);
    }

    [Fact]
    public void A_creator_whose_event_comes_after_the_adoption_has_an_exit_stop_too()
    {
        // Its own peak memory is read there: at the reap it would be its child's.
        _scene.Forks(P, C);
        _scene.FirstStop(C, P);
        _scene.FirstStop(G, C);
        _scene.Kernel.OnBlock = () =>
        {
            _scene.TakeLog();
            _scene.Forks(C, G);
            Assert.Equal("OPTIONS 20 exit · CONT 20", _scene.TakeLog());
            _scene.Tracer.EndByDetaching();
        };
        _scene.Tracer.Run();
    }

    [Fact]
    public void A_held_child_goes_on_where_proc_cannot_be_read()
    {
        _scene.FirstStop(C, P);
        _scene.Kernel.AddThread(11, P);
        _scene.Stop(11, Scene.BirthStop);
        _scene.Kernel.ProcIsUnreadable = true;
        _scene.TakeLog();
        _scene.WouldBlock();
        Assert.StartsWith(
            "OPTIONS 20 base · born 20 · CONT 20 · OPTIONS 11 base · thread 11 of 10 · CONT 11", _scene.TakeLog(), StringComparison.Ordinal);
        Assert.Null(_scene.Seen[C].Parent);
        Assert.Equal(
            [LedgerKind.Fault, LedgerKind.ParentUnknown, LedgerKind.Fault], _scene.Tracer.Figures.Ledger.Select(entry => entry.Kind));
    }

    [Fact]
    public void A_thread_that_an_exec_ended_while_it_was_held_is_not_waited_for()
    {
        _scene.Kernel.AddThread(11, P);
        _scene.Stop(11, Scene.BirthStop);
        _scene.Kernel.Remove(11);
        _scene.TakeLog();
        _scene.WouldBlock();
        Assert.DoesNotContain("11", _scene.TakeLog(), StringComparison.Ordinal);
    }
}
