namespace ForkFollow.Follower.KernelTests;

/// <summary>Job control works as without us: stopped is stopped for everybody, and only SIGCONT ends it.</summary>
public sealed class StopTests : KernelTest
{
    [Fact]
    public async Task Attached_process_is_stopped_by_SIGSTOP_and_resumed_by_SIGCONT()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path);
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        for (int i = 0; i < 3; i++)
        {
            Signal(tracee.Pid, Native.SIGSTOP);
            await tracee.Parent.ExpectAsync("stopped 19");
            await AssertStandsStill(tracee.Pid, counts);
            Signal(tracee.Pid, Native.SIGCONT);
            await tracee.Parent.ExpectAsync("continued");
            await AssertRuns(counts);
        }

        tracee.Send("end");
        await tracee.Parent.ExpectAsync("exited 3");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Launched_process_is_stopped_and_resumed_for_its_parent()
    {
        SharedLongs counts = Shared("counts", 16);
        FollowSession session = await LaunchAsync(
            "keeper", "-report", Pipes.ReportPath, Programs.PathOf("stops"), counts.Path);
        await Pipes.Output.ExpectAsync("ready");
        int pid = int.Parse((await Pipes.Report.NextAsync())[4..], System.Globalization.CultureInfo.InvariantCulture);
        Signal(pid, Native.SIGSTOP);
        await Pipes.Report.ExpectAsync("stopped 19");
        await AssertStandsStill(pid, counts);
        Signal(pid, Native.SIGCONT);
        await Pipes.Report.ExpectAsync("continued");
        await AssertRuns(counts);
        Pipes.Send("end");
        await Pipes.Report.ExpectAsync("exited 3");
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
    }

    [Fact]
    public async Task SIGTSTP_stops_where_it_has_no_handler()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path);
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        Signal(tracee.Pid, Native.SIGTSTP);
        await tracee.Parent.ExpectAsync("stopped 20");
        await AssertStandsStill(tracee.Pid, counts);
        Signal(tracee.Pid, Native.SIGCONT);
        await tracee.Parent.ExpectAsync("continued");
        await AssertRuns(counts);
        tracee.Send("end");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task SIGTSTP_reaches_its_handler()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path, "tstp");
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        Signal(tracee.Pid, Native.SIGTSTP);
        await tracee.Output.ExpectAsync("SIGTSTP");
        await AssertRuns(counts);
        tracee.Send("end");
        await tracee.Parent.ExpectAsync("exited 3");
        Assert.False(tracee.Parent.Has("stopped 20"));
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Stopped_process_can_be_killed()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path);
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        Signal(tracee.Pid, Native.SIGSTOP);
        await tracee.Parent.ExpectAsync("stopped 19");
        Signal(tracee.Pid, Native.SIGKILL);
        await tracee.Parent.ExpectAsync("killed 9");
        await CompleteAsync(session);
        Assert.Equal(new ProcessExit(0, 9, false), Seen.Of(Call.Attached).Single().Exit);
    }

    /// <summary>Whatever request answers the stop, it may be gone by then: SIGKILL ends a stop.</summary>
    [Fact]
    public async Task Processes_that_are_killed_while_they_stop_are_reported_dead()
    {
        FollowSession session = await LaunchAsync("stopkill", "2000");
        await Pipes.Output.ExpectAsync("done");
        await CompleteAsync(session);
        Assert.Equal(2000, Seen.Of(Call.Exited).Count(one => one.Exit == new ProcessExit(0, 9, false)));
    }

    [Fact]
    public async Task Signal_that_waits_for_a_stopped_process_arrives_when_it_goes_on()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path);
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        Signal(tracee.Pid, Native.SIGSTOP);
        await tracee.Parent.ExpectAsync("stopped 19");
        Signal(tracee.Pid, Native.SIGUSR1);
        await AssertStandsStill(tracee.Pid, counts);
        Signal(tracee.Pid, Native.SIGCONT);
        await tracee.Parent.ExpectAsync("killed 10");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Process_that_was_stopped_before_stays_stopped_until_SIGCONT()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path);
        await tracee.Output.ExpectAsync("ready");
        Signal(tracee.Pid, Native.SIGSTOP);
        await tracee.Parent.ExpectAsync("stopped 19");
        FollowSession session = await AttachAsync(tracee.Pid);
        await AssertStandsStill(tracee.Pid, counts);
        Signal(tracee.Pid, Native.SIGCONT);
        await tracee.Parent.ExpectAsync("continued");
        await AssertRuns(counts);
        tracee.Send("end");
        await tracee.Parent.ExpectAsync("exited 3");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Stopped_process_stays_stopped_when_it_is_let_go_with_all()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path);
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        Signal(tracee.Pid, Native.SIGSTOP);
        await tracee.Parent.ExpectAsync("stopped 19");
        await EndAsync(session);
        await AssertFreeAndStopped(tracee, counts);
    }

    [Fact]
    public async Task Process_that_was_stopped_before_stays_stopped_when_it_is_let_go_with_all()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path);
        await tracee.Output.ExpectAsync("ready");
        Signal(tracee.Pid, Native.SIGSTOP);
        await tracee.Parent.ExpectAsync("stopped 19");
        FollowSession session = await AttachAsync(tracee.Pid);
        await EndAsync(session);
        await AssertFreeAndStopped(tracee, counts);
    }

    [Fact]
    public async Task Stopped_process_stays_stopped_when_it_alone_is_let_go()
    {
        SharedLongs counts = Shared("counts", 16);
        Tracee tracee = await StartAsync("stops", counts.Path);
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        FollowedProcess process = Seen.Of(Call.Attached).Single();
        Signal(tracee.Pid, Native.SIGSTOP);
        await tracee.Parent.ExpectAsync("stopped 19");
        Assert.True(await Deadline.Of(session.LetGoAsync(process), "the order to let go"));
        await CompleteAsync(session);
        Assert.Equal(ProcessEnd.Detached, process.End);
        await AssertFreeAndStopped(tracee, counts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nobody_stays_stopped_after_many_rounds_of_attach_and_detach_in_a_storm_of_stops(bool oneByOne)
    {
        Tracee tracee = await StartAsync("births", "threads-under-stops");
        await tracee.Output.ExpectAsync("ready");
        for (int i = 0; i < 20; i++)
        {
            var observer = new RecordingObserver(Deadline);
            FollowSession session = await Deadline.Of(
                FollowSession.AttachAsync(new() { Targets = [tracee.Pid] }, observer), "the attach");
            Assert.Equal(2, observer.Of(Call.Attached).Count);
            if (oneByOne)
            {
                foreach (FollowedProcess process in observer.Of(Call.Attached))
                    Assert.True(await Deadline.Of(session.LetGoAsync(process), "the order to let go"));
                await Deadline.Of(session.Completion, "the end of the session");
            }

            await Deadline.Of(session.DisposeAsync().AsTask(), "the end of the session");
            Assert.Empty(session.Figures.Ledger);
        }

        Assert.All(Proc.Tree(tracee.Pid).SelectMany(Proc.Tracers), tracer => Assert.Equal(0, tracer));
        tracee.Send("end");
        await tracee.Parent.ExpectAsync("exited 0");
    }

    private static void Signal(int pid, int signal) => Assert.Equal(0, Native.kill(pid, signal));

    private async Task AssertFreeAndStopped(Tracee tracee, SharedLongs counts)
    {
        Assert.Equal([0, 0], Proc.Tracers(tracee.Pid));
        await AssertStandsStill(tracee.Pid, counts);
        Assert.False(tracee.Parent.Has("continued"));
        Signal(tracee.Pid, Native.SIGCONT);
        await tracee.Parent.ExpectAsync("continued");
        await AssertRuns(counts);
        tracee.Send("end");
        await tracee.Parent.ExpectAsync("exited 3");
    }

    /// <summary>All threads stop, and none of them has counted while another program was started and ended.</summary>
    private async Task AssertStandsStill(int pid, SharedLongs counts)
    {
        await Deadline.Until(() => Proc.Threads(pid).TrueForAll(Proc.IsStopped), "all threads are stopped");
        (long, long) before = (counts.Long(0), counts.Long(1));
        using Started other = Started.Begin("/bin/true");
        await other.EndedAsync();
        Assert.Equal(before, (counts.Long(0), counts.Long(1)));
        Assert.All(Proc.Threads(pid), tid => Assert.True(Proc.IsStopped(tid)));
    }

    private async Task AssertRuns(SharedLongs counts)
    {
        (long main, long other) = (counts.Long(0), counts.Long(1));
        await Deadline.Until(() => counts.Long(0) > main && counts.Long(1) > other, "both threads count");
    }
}
