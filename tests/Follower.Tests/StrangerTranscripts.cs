using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>Who has taken over the id of a target between the look and the seize is let go, as it was (issue 11, 8).</summary>
public sealed class StrangerTranscripts
{
    private const int S = 40;
    private const int C = 50;

    private readonly Scene _scene = new();

    [Fact]
    public void A_process_that_has_the_pid_now_is_not_followed_and_keeps_its_signal()
    {
        Attach();
        Assert.Equal("SEIZE 40 · INTERRUPT 40", _scene.TakeLog());
        _scene.Stop(S, WaitStatus.ForStop(Linux.SIGTERM));
        Assert.Equal("DETACH 40 SIGTERM", _scene.TakeLog());
        Assert.Single(_scene.Tracer.Processes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_it_forks_meanwhile_is_let_go_with_it(bool childFirst)
    {
        Attach();
        if (childFirst)
            _scene.FirstStop(C, S);
        _scene.Forks(S, C);
        if (!childFirst)
            _scene.FirstStop(C, S);
        string log = _scene.TakeLog();
        Assert.Contains("DETACH 40", log, StringComparison.Ordinal);
        Assert.Contains("DETACH 50", log, StringComparison.Ordinal);
        Assert.Single(_scene.Tracer.Processes);
    }

    [Fact]
    public void What_it_forked_is_let_go_before_its_event_is_in()
    {
        Attach();
        _scene.FirstStop(C, S);
        _scene.TakeLog();
        _scene.WouldBlock();
        Assert.StartsWith("DETACH 50", _scene.TakeLog(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_thread_of_another_process_that_has_the_id_of_one_of_the_target_is_let_go()
    {
        _scene.Kernel.AddProcess(S);
        _scene.Kernel.AddThread(41, S);
        _scene.Kernel.AddProcess(60);
        _scene.Kernel.ChangesHands[41] = 60;
        Assert.Empty(_scene.Tracer.Attach(new() { Targets = [S] }));
        Assert.Equal("SEIZE 40 · SEIZE 41 · INTERRUPT 41 · attached 40", _scene.TakeLog());
        Assert.Equal(1, _scene.Seen[S].ThreadsSeen);
        _scene.Killed(41);
        Assert.Equal("REAP 41", _scene.TakeLog());
    }

    [Fact]
    public void A_child_whose_pid_changes_hands_while_its_parent_is_seized_is_not_followed()
    {
        _scene.Kernel.AddProcess(S);
        _scene.Kernel.AddProcess(C, S);
        _scene.Kernel.SetChildren(S, C);
        _scene.Kernel.Starts[C] = 5;
        _scene.Kernel.OnSeize = tid => _scene.Kernel.Starts[tid] = 7;
        Assert.Empty(_scene.Tracer.Attach(new() { Targets = [S] }));
        Assert.DoesNotContain("attached 50", _scene.TakeLog(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_process_that_was_meant_is_followed()
    {
        _scene.Kernel.AddProcess(S);
        _scene.Kernel.Starts[S] = 5;
        Assert.Empty(_scene.Tracer.Attach(new() { Targets = [new(S, 5)] }));
        Assert.Equal("SEIZE 40 · attached 40", _scene.TakeLog());
    }

    private void Attach()
    {
        _scene.Kernel.AddProcess(S);
        _scene.Kernel.Starts[S] = 7;
        LedgerEntry refusal = Assert.Single(_scene.Tracer.Attach(new() { Targets = [new(S, 5)] }));
        Assert.Contains("another process has this pid now", refusal.Text, StringComparison.Ordinal);
    }
}
