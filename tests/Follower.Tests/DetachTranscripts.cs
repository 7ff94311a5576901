using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>Letting go of a part of a tree, in every interleaving with births (SEEDS 1.7, 1.8).</summary>
public sealed class DetachTranscripts
{
    private const int P = Scene.P;
    private const int C1 = 20;
    private const int C2 = 21;

    private readonly Scene _scene = new();

    [Fact]
    public void Unborn_children_are_detached_in_their_first_stops()
    {
        _scene.Forks(P, C1);
        _scene.Forks(P, C2);
        _scene.TakeLog();
        Assert.True(_scene.Tracer.LetGo(_scene.Parent));
        Assert.Equal("INTERRUPT 10", _scene.TakeLog());
        _scene.Stop(P, Scene.InterruptStop);
        Assert.Equal("DETACH 10 · detached 10", _scene.TakeLog());
        _scene.FirstStop(C1, P);
        _scene.FirstStop(C2, P);
        Assert.Equal(
            "OPTIONS 20 base · born 20 · DETACH 20 · detached 20 · released 20 · "
            + "OPTIONS 21 base · born 21 · released 10 · DETACH 21 · detached 21 · released 21",
            _scene.TakeLog());
        Assert.Empty(_scene.Tracer.Processes);
    }

    [Fact]
    public void A_held_child_and_its_parent_are_detached_at_the_parents_event()
    {
        _scene.Tracer.LetGo(_scene.Parent);
        _scene.FirstStop(C1, P);
        _scene.TakeLog();
        _scene.Forks(P, C1, PtraceEvent.PTRACE_EVENT_CLONE);
        Assert.Equal(
            "DETACH 10 · detached 10 · OPTIONS 20 base · born 20 · released 10 · DETACH 20 · detached 20 · released 20",
            _scene.TakeLog());
    }

    [Fact]
    public void The_parents_event_detaches_it_and_the_child_follows_at_its_stop()
    {
        _scene.Tracer.LetGo(_scene.Parent);
        _scene.TakeLog();
        _scene.Forks(P, C1, PtraceEvent.PTRACE_EVENT_CLONE);
        Assert.Equal("DETACH 10 · detached 10", _scene.TakeLog());
        _scene.FirstStop(C1, P);
        Assert.EndsWith("DETACH 20 · detached 20 · released 20", _scene.TakeLog(), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_dies_while_it_is_being_let_go_is_dead_and_its_child_is_let_go()
    {
        _scene.Forks(P, C1);
        _scene.Kernel.Dying.Add(P);
        _scene.TakeLog();
        Assert.True(_scene.Tracer.LetGo(_scene.Parent));
        Assert.Equal("INTERRUPT 10 ESRCH", _scene.TakeLog());
        _scene.Exits(P);
        _scene.FirstStop(C1, 1);
        Assert.EndsWith("DETACH 20 · detached 20 · released 20", _scene.TakeLog(), StringComparison.Ordinal);
        Assert.Equal(ProcessEnd.Exited, _scene.Parent.End);
    }

    [Fact]
    public void A_signal_is_carried_along_out_of_a_delivery_stop_and_out_of_no_other()
    {
        _scene.Tracer.LetGo(_scene.Parent);
        _scene.TakeLog();
        _scene.Stop(P, WaitStatus.ForStop(Linux.SIGTERM));
        Assert.StartsWith("DETACH 10 SIGTERM", _scene.TakeLog(), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_in_a_group_stop_is_detached_in_it_and_so_stays_stopped()
    {
        _scene.Stop(P, Scene.GroupStop);
        _scene.Tracer.LetGo(_scene.Parent);
        _scene.Stop(P, Scene.GroupStop);
        Assert.Equal("LISTEN 10 · INTERRUPT 10 · DETACH 10 · detached 10 · released 10", _scene.TakeLog());
    }

    [Fact]
    public void The_wish_can_be_taken_back_until_it_takes_effect()
    {
        _scene.Tracer.LetGo(_scene.Parent);
        Assert.True(_scene.Tracer.Keep(_scene.Parent));
        _scene.Stop(P, Scene.InterruptStop);
        Assert.Equal("INTERRUPT 10 · CONT 10", _scene.TakeLog());

        _scene.Tracer.LetGo(_scene.Parent);
        _scene.Stop(P, Scene.InterruptStop);
        Assert.False(_scene.Tracer.Keep(_scene.Parent));
        Assert.False(_scene.Tracer.LetGo(_scene.Parent));
    }

    [Fact]
    public void Taking_the_wish_back_keeps_unborn_children_too()
    {
        _scene.Forks(P, C1);
        _scene.Tracer.LetGo(_scene.Parent);
        Assert.True(_scene.Tracer.Keep(_scene.Parent));
        _scene.TakeLog();
        _scene.FirstStop(C1, P);
        Assert.EndsWith("CONT 20", _scene.TakeLog(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_threads_of_a_process_go_and_the_process_with_the_last()
    {
        _scene.Kernel.AddThread(11, P);
        _scene.Forks(P, 11, PtraceEvent.PTRACE_EVENT_CLONE);
        _scene.Stop(11, Scene.BirthStop);
        _scene.TakeLog();
        _scene.Tracer.LetGo(_scene.Parent);
        Assert.Equal("INTERRUPT 10 · INTERRUPT 11", _scene.TakeLog());
        _scene.Stop(11, Scene.InterruptStop);
        Assert.Equal("DETACH 11", _scene.TakeLog());
        _scene.Stop(P, Scene.InterruptStop);
        Assert.Equal("DETACH 10 · detached 10 · released 10", _scene.TakeLog());
    }

    [Fact]
    public void Ending_detaches_nobody_by_request_the_kernel_does_it_and_all_are_on_record()
    {
        _scene.Forks(P, C1);
        _scene.FirstStop(C1, P);
        _scene.Forks(P, C2); // never stops
        _scene.TakeLog();
        _scene.WouldBlock();
        string log = _scene.TakeLog();
        Assert.DoesNotContain("DETACH", log, StringComparison.Ordinal);
        Assert.DoesNotContain("INTERRUPT", log, StringComparison.Ordinal);
        Assert.Equal(3, log.Split("detached").Length - 1);
        Assert.Equal(3, log.Split("released").Length - 1);
    }

    [Fact]
    public void Killing_reaches_also_those_who_are_born_meanwhile()
    {
        _scene.Forks(P, C1);
        _scene.Tracer.EndByKilling();
        _scene.FirstStop(C1, P);
        string log = _scene.TakeLog();
        Assert.Contains("KILL 10", log, StringComparison.Ordinal);
        Assert.EndsWith("KILL 20 · born 20 · CONT 20", log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_last_thread_that_dies_when_its_leader_has_been_let_go_ends_the_following()
    {
        _scene.Kernel.AddThread(11, P);
        _scene.Forks(P, 11, PtraceEvent.PTRACE_EVENT_CLONE);
        _scene.FirstStop(11, P);
        _scene.Tracer.LetGo(_scene.Parent);
        _scene.Stop(P, Scene.InterruptStop);
        _scene.TakeLog();
        _scene.Exits(11);
        Assert.Equal("REAP 11 · detached 10 · released 10", _scene.TakeLog());
        Assert.Empty(_scene.Tracer.Processes);
    }

    [Fact]
    public void A_leader_that_dies_when_its_threads_have_been_let_go_ends_the_process()
    {
        _scene.Kernel.AddThread(11, P);
        _scene.Forks(P, 11, PtraceEvent.PTRACE_EVENT_CLONE);
        _scene.FirstStop(11, P);
        _scene.Tracer.LetGo(_scene.Parent);
        _scene.Stop(11, Scene.InterruptStop);
        _scene.TakeLog();
        _scene.Exits(P, 3);
        Assert.Equal("REAP 10 · exited 10 · released 10", _scene.TakeLog());
        Assert.Equal(3, _scene.Parent.Exit?.Code);
    }
}
