using System.Globalization;

namespace ForkFollow.Follower.KernelTests;

/// <summary>Letting go: at once, of all threads, and nobody notices.</summary>
public sealed class DetachTests : KernelTest
{
    [Fact]
    public async Task Nobody_of_an_attached_tree_has_a_tracer_once_the_session_is_complete()
    {
        Tracee tracee = await StartAsync("tree", "2", "3", "2");
        await tracee.Output.ExpectAsync("13");
        List<int> tree = Proc.Tree(tracee.Pid);
        Assert.Equal(13, tree.Count);
        FollowSession session = await AttachAsync(tracee.Pid);
        Assert.Equal(13, Seen.Count(Call.Attached));
        await EndAsync(session);
        Assert.All(tree, pid => Assert.Equal([0, 0, 0], Proc.Tracers(pid)));
        Assert.Equal(13, Seen.Of(Call.Detached).Count(one => one.End == ProcessEnd.Detached));
        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
    }

    [Fact]
    public async Task Disposal_lets_go()
    {
        Tracee tracee = await StartAsync("zombies");
        await tracee.Output.NextAsync();
        await using (await AttachAsync(tracee.Pid))
            Assert.NotEqual(0, Proc.TracerOf(tracee.Pid));
        Assert.Equal(0, Proc.TracerOf(tracee.Pid));
        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
    }

    [Fact]
    public async Task Blocked_calls_do_not_return_EINTR()
    {
        Tracee tracee = await StartAsync("waits", "calls");
        (int Tid, int Call)[] threads = [.. (await tracee.Output.NextAsync()).Split(' ').Select(pair => pair.Split(':'))
            .Select(pair => (int.Parse(pair[0], CultureInfo.InvariantCulture), int.Parse(pair[1], CultureInfo.InvariantCulture)))];
        for (int i = 0; i < 3; i++)
        {
            await Deadline.Until(
                () => threads.All(one => Proc.SystemCall(tracee.Pid, one.Tid) == one.Call), "all threads are in their calls");
            FollowSession session = await AttachAsync(tracee.Pid);
            await Deadline.Until(
                () => threads.All(one => Proc.SystemCall(tracee.Pid, one.Tid) == one.Call), "all threads are in their calls");
            await Deadline.Of(session.DisposeAsync().AsTask(), "the end of the session");
        }

        tracee.Send("go");
        Assert.Equal("interrupted 0", await tracee.Output.NextAsync());
        await tracee.Parent.ExpectAsync("exited 0");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Process_that_waits_in_vfork_is_let_go(bool attachedBefore)
    {
        Tracee tracee = await StartAsync("waits", "vfork");
        await tracee.Output.ExpectAsync("ready");
        FollowSession? session = attachedBefore ? await AttachAsync(tracee.Pid) : null;
        tracee.Send("vfork");
        int child = int.Parse(await tracee.Output.NextAsync(), CultureInfo.InvariantCulture);
        session ??= await AttachAsync(tracee.Pid);
        Assert.NotEqual(0, Proc.TracerOf(child));
        Assert.NotEqual(0, Proc.TracerOf(tracee.Pid));
        await EndAsync(session);
        Assert.Equal(0, Proc.TracerOf(child));
        Assert.Equal(0, Proc.TracerOf(tracee.Pid));
        tracee.Send("end");
        await tracee.Parent.ExpectAsync("exited 6");
    }

    [Fact]
    public async Task One_process_is_let_go_and_the_others_are_followed()
    {
        (Tracee tracee, FollowSession session, _, FollowedProcess b) = await PuppetAsync();
        Assert.True(await Deadline.Of(session.LetGoAsync(b), "the order to let go"));
        await Seen.WaitAsync(Call.Detached, b.Pid);
        Assert.Equal([0, 0], Proc.Tracers(b.Pid));
        Assert.Equal(ProcessEnd.Detached, b.End);
        Assert.False(await session.LetGoAsync(b));

        int free = await Order(tracee, "B fork");
        int followed = await Order(tracee, "A fork");
        await Seen.WaitAsync(Call.Exited, followed);
        Assert.DoesNotContain(Seen.Events, one => one.Process?.Pid == free);
        tracee.Send("A quit");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Process_that_forks_all_the_time_is_let_go_with_its_unborn_children()
    {
        (Tracee tracee, FollowSession session, FollowedProcess a, FollowedProcess b) = await PuppetAsync();
        tracee.Send("B storm");
        await Seen.WaitAsync(Call.Born, one => one.Process!.Parent == b);
        Assert.True(await Deadline.Of(session.LetGoAsync(b), "the order to let go"));
        Assert.Equal("0", await tracee.Output.NextAsync());
        await Seen.WaitAsync(Call.Detached, b.Pid);
        await Seen.WaitAsync(Call.Released, b.Pid);
        Assert.Equal(0, b.UnbornChildren);
        Assert.Equal([0, 0], Proc.Tracers(b.Pid));
        Assert.Equal(ProcessEnd.Alive, a.End);

        int followed = await Order(tracee, "A fork");
        await Seen.WaitAsync(Call.Exited, followed);
        tracee.Send("A quit");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Order_to_let_go_is_taken_back_while_the_process_waits_in_vfork()
    {
        (Tracee tracee, FollowSession session, _, FollowedProcess b) = await PuppetAsync();

        // Its other thread would be let go at once; so this is done to A, which has none.
        FollowedProcess a = Seen.Of(Call.Attached).Single(one => one.Pid == b.Parent!.Pid);
        await Order(tracee, "A vfork");
        await Seen.WaitAsync(Call.Born, one => one.Process!.Parent == a);
        Assert.True(await Deadline.Of(session.LetGoAsync(a), "the order to let go"));
        Assert.True(await Deadline.Of(session.KeepAsync(a), "the order to keep"));
        tracee.Send("A fork");
        Assert.Equal("0", await tracee.Output.NextAsync());
        int followed = await Order(tracee, "A fork");
        await Seen.WaitAsync(Call.Exited, followed);
        Assert.Equal(ProcessEnd.Alive, a.End);
        tracee.Send("A quit");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
        Assert.Empty(Seen.Of(Call.Detached));
    }

    [Fact]
    public async Task Process_that_waits_in_vfork_is_let_go_when_it_wakes()
    {
        (Tracee tracee, FollowSession session, _, FollowedProcess b) = await PuppetAsync();
        FollowedProcess a = b.Parent!;
        await Order(tracee, "A vfork");
        await Seen.WaitAsync(Call.Born, one => one.Process!.Parent == a);
        Assert.True(await Deadline.Of(session.LetGoAsync(a), "the order to let go"));
        tracee.Send("A fork");
        Assert.Equal("0", await tracee.Output.NextAsync());
        await Seen.WaitAsync(Call.Detached, a.Pid);
        Assert.Equal([0], Proc.Tracers(a.Pid));
        Assert.False(await Deadline.Of(session.KeepAsync(a), "the order to keep"));
        int free = await Order(tracee, "A fork");
        int followed = await Order(tracee, "B fork");
        await Seen.WaitAsync(Call.Exited, followed);
        Assert.DoesNotContain(Seen.Events, one => one.Process?.Pid == free);
        tracee.Send("A quit");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
    }

    private async Task<(Tracee Tracee, FollowSession Session, FollowedProcess A, FollowedProcess B)> PuppetAsync()
    {
        Tracee tracee = await StartAsync("puppet");
        int[] pids = [.. (await tracee.Output.NextAsync()).Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        FollowSession session = await AttachAsync(tracee.Pid);
        FollowedProcess a = Seen.Of(Call.Attached).Single(one => one.Pid == pids[0]);
        FollowedProcess b = Seen.Of(Call.Attached).Single(one => one.Pid == pids[1]);
        return (tracee, session, a, b);
    }

    private static async Task<int> Order(Tracee tracee, string order)
    {
        tracee.Send(order);
        return int.Parse(await tracee.Output.NextAsync(), CultureInfo.InvariantCulture);
    }
}
