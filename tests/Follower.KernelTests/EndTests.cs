using System.Globalization;

namespace ForkFollow.Follower.KernelTests;

/// <summary>How the following of a launched tree ends, and what becomes of what it leaves behind.</summary>
public sealed class EndTests : KernelTest
{
    [Theory]
    [InlineData(OnExit.Kill)]
    [InlineData(OnExit.Detach)]
    public async Task Daemon_is_let_go_alive_when_the_root_has_ended(OnExit onExit)
    {
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = Command("leave"), OnExit = onExit });
        int daemon = await DaemonAsync();
        await CompleteAsync(session);
        AssertExit(3, session.Root!);
        AssertFree(daemon);
        Pipes.Send("end");
        await Pipes.Output.ExpectAsync("bye");
    }

    [Theory]
    [InlineData(OnExit.Kill)]
    [InlineData(OnExit.Detach)]
    public async Task Daemon_that_is_stopped_is_let_go_stopped(OnExit onExit)
    {
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = Command("leave", "stopped"), OnExit = onExit });
        int daemon = await DaemonAsync();
        await CompleteAsync(session);
        AssertFree(daemon);

        // The kernel wakes it to let it go, and it stops again by itself.
        await Deadline.Until(() => Proc.State(daemon) == 'T', "the daemon is stopped");
        Pipes.Send("end");
        Assert.Equal('T', Proc.State(daemon));
        Assert.False(Pipes.Output.Has("bye"));
        Assert.Equal(0, Native.kill(daemon, Native.SIGCONT));
        await Pipes.Output.ExpectAsync("bye");
    }

    [Fact]
    public async Task Daemon_is_followed_to_its_end_if_all_are()
    {
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = Command("leave"), Until = FollowUntil.All });
        int daemon = await DaemonAsync();
        await Seen.WaitAsync(Call.Exited, session.Root!.Pid);
        Assert.False(session.Completion.IsCompleted);
        Assert.NotEqual(0, Proc.TracerOf(daemon));
        Pipes.Send("end");
        await CompleteAsync(session);
        AssertExit(9, Seen.Of(Call.Born)[1]);
    }

    [Fact]
    public async Task Tree_is_killed_at_the_end_if_asked_for()
    {
        FollowSession session = await LaunchAsync("tree", "2", "2", "1");
        await Pipes.Output.ExpectAsync("7");
        List<int> tree = Proc.Tree(session.Root!.Pid);
        Assert.Equal(7, tree.Count);
        await EndAsync(session);
        Assert.All(tree, pid => Assert.False(Proc.IsAlive(pid)));
        Assert.Equal(7, Seen.Of(Call.Exited).Count(one => one.Exit == new ProcessExit(0, 9, false)));
    }

    [Fact]
    public async Task Tree_that_forks_all_the_time_is_killed_at_the_end()
    {
        // A creator that we kill at its fork cannot report it.
        LedgerExpected = true;
        FollowSession session = await LaunchAsync("tree", "storm", "8");
        await Pipes.Output.ExpectAsync("ready");
        List<int> tree = Proc.Tree(session.Root!.Pid);
        await EndAsync(session);
        Assert.All(tree, pid => Assert.False(Proc.IsAlive(pid)));
        Assert.Equal(new ProcessExit(0, 9, false), session.Root!.Exit);
        Assert.Empty(Seen.Of(Call.Detached));
        Assert.All(session.Figures.Ledger, entry => Assert.Equal(LedgerKind.ParentUnknown, entry.Kind));
    }

    [Fact]
    public async Task Tree_lives_on_at_the_end_if_asked_for()
    {
        FollowSession session = await LaunchAsync(
            new LaunchOptions { Command = Command("tree", "2", "2", "1"), OnExit = OnExit.Detach });
        await Pipes.Output.ExpectAsync("7");
        List<int> tree = Proc.Tree(session.Root!.Pid);
        await EndAsync(session);
        Assert.All(tree, pid => Assert.Equal([0, 0], Proc.Tracers(pid)));
        Assert.Equal(7, Seen.Count(Call.Detached));
        Pipes.Send("go");
        await Deadline.Until(() => tree.TrueForAll(pid => !Proc.IsAlive(pid)), "the end of the tree");
    }

    [Fact]
    public async Task Root_gets_the_signal_that_is_meant_for_it()
    {
        FollowSession session = await LaunchAsync("zombies");
        await Pipes.Output.NextAsync();
        await Deadline.Of(session.SignalRootAsync(Native.SIGTERM), "the signal");
        await CompleteAsync(session);
        Assert.Equal(new ProcessExit(0, Native.SIGTERM, false), session.Root!.Exit);
        await session.SignalRootAsync(Native.SIGTERM);
    }

    private async Task<int> DaemonAsync() => int.Parse(await Pipes.Output.NextAsync(), CultureInfo.InvariantCulture);

    private void AssertFree(int daemon)
    {
        // Where it is let go before its first stop came in, no birth has been told.
        FollowedProcess process = Seen.Of(Call.Detached).Single();
        Assert.Equal(daemon, process.Pid);
        Assert.Equal(ProcessEnd.Detached, process.End);
        Assert.True(Proc.IsAlive(daemon));
        Assert.Equal([0], Proc.Tracers(daemon));
    }
}
