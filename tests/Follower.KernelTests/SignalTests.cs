namespace ForkFollow.Follower.KernelTests;

/// <summary>Signals arrive as without us: each once, in order, with what they carry.</summary>
public sealed class SignalTests : KernelTest
{
    [Fact]
    public async Task Queued_signals_arrive_once_and_in_order()
    {
        FollowSession session = await LaunchAsync("signals", "queue", "10000");
        Assert.Equal("received 10000 disorder 0", await Pipes.Output.NextAsync());
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
    }

    [Fact]
    public async Task Handler_of_a_fault_gets_its_address() => AssertExit(0, await RunAsync("signals", "fault"));

    [Fact]
    public async Task Traps_of_the_program_reach_its_handler_and_kill_it_without_one() =>
        Assert.Equal(5, (await RunAsync("signals", "trap")).Exit!.Signal);

    [Fact]
    public async Task Parent_gets_one_SIGCHLD_for_each_child() =>
        AssertExit(0, await RunAsync("signals", "children", "500"));

    [Theory]
    [InlineData(20, false)]
    [InlineData(20, true)]
    public async Task Signals_and_forks_survive_rounds_of_attach_and_detach(int rounds, bool oneByOne)
    {
        Tracee tracee = await StartAsync("signals", "load");
        await tracee.Output.ExpectAsync("ready");
        for (int i = 0; i < rounds; i++)
        {
            var observer = new RecordingObserver(Deadline);
            FollowSession session = await Deadline.Of(
                FollowSession.AttachAsync(new() { Targets = [tracee.Pid] }, observer), "the attach");
            Assert.Equal(tracee.Pid, observer.Of(Call.Attached)[0].Pid);
            if (oneByOne)
            {
                // Whoever is born meanwhile is let go with its creator, or followed to its early end.
                foreach (FollowedProcess process in await session.ListAsync())
                    await Deadline.Of(session.LetGoAsync(process), "the order to let go");
                await Deadline.Of(session.Completion, "the end of the session");
            }

            await Deadline.Of(session.DisposeAsync().AsTask(), "the end of the session");
            Assert.Empty(session.Figures.Ledger);
        }

        Assert.Equal([0], Proc.Tracers(tracee.Pid));
        tracee.Send("go");
        Assert.Equal("lost 0 disorder 0", await tracee.Output.NextAsync());
        await tracee.Parent.ExpectAsync("exited 0");
    }
}
