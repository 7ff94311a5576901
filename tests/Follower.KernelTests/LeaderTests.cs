namespace ForkFollow.Follower.KernelTests;

/// <summary>A process whose main thread is a zombie while others live. It cannot be seized (EPERM); the others can.</summary>
public sealed class LeaderTests : KernelTest
{
    [Fact]
    public async Task Threads_of_a_zombie_leader_are_followed()
    {
        Tracee tracee = await StartAsync("leaders");
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        FollowedProcess root = Seen.Of(Call.Attached).Single();
        Assert.Equal(2, root.ThreadsSeen);
        Assert.DoesNotContain(0, Proc.Tracers(tracee.Pid));

        await Do(tracee, "fork");
        FollowedProcess child = (await Seen.WaitAsync(Call.Exited, one => one.Process != root)).Process!;
        AssertExit(5, child);
        Assert.Same(root, child.Parent);
        await Do(tracee, "thread");
        Assert.Equal(3, root.ThreadsSeen);

        tracee.Send("exit");
        await tracee.Parent.ExpectAsync("exited 6");
        await CompleteAsync(session);
        AssertExit(6, root);
    }

    [Fact]
    public async Task Zombie_leader_that_is_killed_is_told()
    {
        Tracee tracee = await StartAsync("leaders");
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        Assert.Equal(0, Native.kill(tracee.Pid, Native.SIGTERM));
        await tracee.Parent.ExpectAsync($"killed {Native.SIGTERM}");
        await CompleteAsync(session);
        Assert.Equal(new ProcessExit(0, Native.SIGTERM, false), Seen.Of(Call.Attached).Single().Exit);
    }

    [Fact]
    public async Task Zombie_leader_is_let_go()
    {
        Tracee tracee = await StartAsync("leaders");
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        await EndAsync(session);
        Assert.All(Proc.Tracers(tracee.Pid), tracer => Assert.Equal(0, tracer));
        await Do(tracee, "fork");
        tracee.Send("exit");
        await tracee.Parent.ExpectAsync("exited 6");
    }

    [Fact]
    public async Task Process_whose_leader_ends_first_ends_with_its_last_thread()
    {
        FollowSession session = await LaunchAsync("leaders");
        await Pipes.Output.ExpectAsync("ready");
        Pipes.Send("fork");
        await Pipes.Output.ExpectAsync("done");
        Assert.Equal(ProcessEnd.Alive, session.Root!.End);
        Pipes.Send("exit");
        await CompleteAsync(session);
        AssertExit(6, session.Root!);
        Assert.Equal(2, Seen.Count(Call.Born));
    }

    private static async Task Do(Tracee tracee, string order)
    {
        tracee.Send(order);
        Assert.Equal("done", await tracee.Output.NextAsync());
    }
}
