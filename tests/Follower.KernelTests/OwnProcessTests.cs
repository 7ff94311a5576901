namespace ForkFollow.Follower.KernelTests;

/// <summary>What a session does to the process that it runs in: next to nothing.</summary>
public sealed class OwnProcessTests : KernelTest
{
    [Fact]
    public async Task Other_children_of_ours_have_their_exit_codes()
    {
        FollowSession session = await LaunchAsync("tree", "storm", "4");
        await Pipes.Output.ExpectAsync("ready");
        for (int i = 0; i < 200; i++)
        {
            using Started process = Started.Begin("/bin/sh", "-c", $"exit {i}");
            await process.EndedAsync();
            Assert.Equal(i, process.ExitCode);
        }

        Pipes.Send("go");
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
    }

    [Fact]
    public async Task Idle_session_uses_no_CPU()
    {
        Tracee tracee = await StartAsync("tree", "1", "4", "2");
        await tracee.Output.ExpectAsync("5");
        FollowSession session = await AttachAsync(tracee.Pid);
        int tracer = Proc.TracerOf(tracee.Pid);
        await Deadline.Until(() => Proc.State(tracer) == 'S', "the tracer waits");
        long before = Proc.CpuOf(tracer);

        // No synchronisation: the time over which is measured.
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.InRange(Proc.CpuOf(tracer) - before, 0, 10_000_000);
        tracee.Send("go");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Commands_posted_from_many_threads_are_all_done()
    {
        FollowSession session = await LaunchAsync("tree", "storm", "4");
        await Pipes.Output.ExpectAsync("ready");
        Task<int>[] posters = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            int rootSeen = 0;
            for (int i = 0; i < 200; i++)
                rootSeen += (await session.ListAsync()).Count(one => one == session.Root);
            return rootSeen;
        }))];
        Assert.All(await Deadline.Of(Task.WhenAll(posters), "all answers"), count => Assert.Equal(200, count));
        Pipes.Send("go");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Nothing_is_allocated_between_a_stop_and_the_call_of_the_observer()
    {
        // Once before, with many children at a time: what .NET makes once in a process (comparers, stubs) is made then.
        await StormAsync(new AllocationMeter(), "500", "16");
        var meter = new AllocationMeter();
        await StormAsync(meter, "2000", "1");
        Assert.Equal(2000, meter.Births);
        Assert.Equal(0, meter.Allocated);
    }

    private async Task StormAsync(IFollowObserver observer, string children, string width)
    {
        LaunchOptions options = new() { Command = Command("births", "forks", children, width) };
        await using FollowSession session = await Deadline.Of(FollowSession.LaunchAsync(options, observer), "the launch");
        await Deadline.Of(session.Completion, "the end of the session");
        AssertExit(0, session.Root!);
    }

    /// <summary>
    /// From BetweenStops, where nobody is held, to Born: that is from before the wait for the stop to just before the
    /// answer. The root's birth is left out: its program is read, which is not on the path of a fork.
    /// </summary>
    private sealed class AllocationMeter : IFollowObserver
    {
        private long _before;

        internal long Allocated { get; private set; }

        internal int Births { get; private set; }

        public void BetweenStops() => _before = GC.GetAllocatedBytesForCurrentThread();

        public BirthVerdict Born(FollowedProcess process)
        {
            if (process.Id != 1)
            {
                Allocated += GC.GetAllocatedBytesForCurrentThread() - _before;
                Births++;
            }

            return BirthVerdict.Follow;
        }
    }
}
