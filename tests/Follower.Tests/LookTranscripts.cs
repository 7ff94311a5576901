using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>Another thread looks into a process while its end comes.</summary>
public sealed class LookTranscripts
{
    private const int P = Scene.P;

    private readonly Scene _scene = new();

    [Fact]
    public void Nobody_learns_of_a_death_while_somebody_looks()
    {
        LeaveAtYield();
        _scene.Killed(P);
        Assert.Equal("left · REAP 10 · exited 10 · released 10", _scene.TakeLog());
        Assert.False(_scene.Parent.TryEnter());
    }

    [Fact]
    public void It_is_left_in_the_exit_stop_where_its_files_are_still_held_by_itself()
    {
        LeaveAtYield();
        _scene.Stop(P, WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_EXIT));
        Assert.Equal("exiting 10 · left · CONT 10", _scene.TakeLog());
        Assert.False(_scene.Parent.TryEnter());
    }

    [Fact]
    public void It_is_left_before_another_program_runs_into_which_one_may_look_again()
    {
        LeaveAtYield();
        _scene.Kernel.Messages[P] = P;
        _scene.Stop(P, WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_EXEC));
        Assert.Equal("left · execed 10 · CONT 10", _scene.TakeLog());
        Assert.True(_scene.Parent.TryEnter());
        Assert.False(_scene.Parent.MustLeave);
    }

    [Fact]
    public void It_is_left_before_it_is_let_go()
    {
        LeaveAtYield();
        _scene.Tracer.LetGo(_scene.Parent);
        _scene.TakeLog();
        _scene.Stop(P, Scene.InterruptStop);
        Assert.Equal("left · DETACH 10 · detached 10 · released 10", _scene.TakeLog());
        Assert.False(_scene.Parent.TryEnter());
    }

    [Fact]
    public void Two_leave_one_after_the_other()
    {
        Assert.True(_scene.Parent.TryEnter());
        LeaveAtYield(2);
        _scene.Killed(P);
        Assert.Equal("left · left · REAP 10 · exited 10 · released 10", _scene.TakeLog());
    }

    [Fact]
    public void Who_does_not_leave_is_not_waited_for_for_ever()
    {
        Assert.True(_scene.Parent.TryEnter());
        long begun = _scene.Kernel.Now();
        _scene.Killed(P);
        Assert.InRange(_scene.Kernel.Now() - begun, 10_000_000, 11_000_000);
        Assert.Equal("REAP 10 · exited 10 · released 10", _scene.TakeLog());
    }

    [Fact]
    public void Where_nobody_looks_nobody_yields()
    {
        _scene.Kernel.OnYield = () => Assert.Fail("yielded");
        Assert.True(_scene.Parent.TryEnter());
        _scene.Parent.Leave();
        _scene.Killed(P);
        Assert.Equal("REAP 10 · exited 10 · released 10", _scene.TakeLog());
    }

    /// <summary>Somebody is inside, and leaves when he is told to.</summary>
    private void LeaveAtYield(int looks = 1)
    {
        Assert.True(_scene.Parent.TryEnter());
        _scene.TakeLog();
        _scene.Kernel.OnYield = () =>
        {
            Assert.True(_scene.Parent.MustLeave);
            Assert.False(_scene.Parent.TryEnter());
            Assert.True(looks-- > 0);
            _scene.Parent.Leave();
            _scene.Kernel.Log.Add("left");
        };
    }
}
