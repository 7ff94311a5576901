using System.Diagnostics;

namespace ForkFollow.Follower.KernelTests;

/// <summary>Attaching takes what is there: all threads, all descendants, while they do what they will.</summary>
public sealed class AttachTests : KernelTest
{
    [Fact]
    public async Task All_threads_and_descendants_are_seized()
    {
        Tracee tracee = await StartAsync("tree", "3", "2", "3");
        await tracee.Output.ExpectAsync("15");
        FollowSession session = await AttachAsync(tracee.Pid);
        List<FollowedProcess> processes = Seen.Of(Call.Attached);
        Assert.Equal(15, processes.Count);
        int tracer = Proc.TracerOf(tracee.Pid);
        Assert.NotEqual(0, tracer);
        Assert.All(Proc.Tree(tracee.Pid), pid => Assert.Equal([tracer, tracer, tracer, tracer], Proc.Tracers(pid)));
        Assert.All(processes, process =>
        {
            Assert.Equal(ProcessOrigin.Attached, process.Origin);
            Assert.Equal(4, process.ThreadsSeen);
            Assert.Equal(Proc.ParentOf(process.Pid), process.ParentPid);
            Assert.Equal(process.Pid == tracee.Pid ? null : process.ParentPid, process.Parent?.Pid);
            Assert.Equal(Programs.PathOf("tree"), process.Found?.Path);
            Assert.InRange(process.Found!.Timestamp, session.StartTimestamp, Stopwatch.GetTimestamp());
            Assert.Empty(process.Execs);
            Assert.True(process.StartTimestamp <= session.StartTimestamp);
        });
        Assert.Equal(15, (await session.ListAsync()).Count);
        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
        Assert.Equal(15, Seen.Of(Call.Exited).Count(one => one.Exit == new ProcessExit(0, 0, false)));
    }

    [Fact]
    public async Task Descendants_are_left_alone_if_asked_for()
    {
        Tracee tracee = await StartAsync("tree", "1", "2", "0");
        await tracee.Output.ExpectAsync("3");
        await using FollowSession session = await Deadline.Of(
            FollowSession.AttachAsync(new() { Targets = [tracee.Pid], Descendants = false }, Seen), "the attach");
        Assert.Equal(tracee.Pid, Seen.Of(Call.Attached).Single().Pid);
        Assert.All(Proc.Children(tracee.Pid), child => Assert.Equal(0, Proc.TracerOf(child)));
    }

    [SkippableFact]
    public async Task Who_hangs_so_that_nobody_can_read_its_command_line_is_followed_without_it()
    {
        Machine.Need(Stuck.Missing);
        using Started parent = Stuck.Begin(out int pid);
        await using FollowSession session = await Deadline.Of(FollowSession.AttachAsync(new() { Targets = [pid] }, Seen), "the attach");
        ExecImage image = Seen.Of(Call.Attached).Single().Found!;
        Assert.Equal(Programs.PathOf("stuck"), image.Path);
        Assert.Empty(image.GetArguments());
        Assert.Contains("it hangs", Assert.Single(session.Figures.Ledger).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_process_than_the_one_that_was_meant_is_refused_and_let_go()
    {
        Tracee tracee = await StartAsync("tree", "0", "0", "1");
        await tracee.Output.ExpectAsync("1");
        Tracee other = await StartAsync("tree", "0", "0", "0");
        await other.Output.ExpectAsync("1");
        FollowSession session = await Deadline.Of(
            FollowSession.AttachAsync(new() { Targets = [new(tracee.Pid, 1), other.Pid] }, Seen), "the attach");
        await using (session)
        {
            Assert.Equal(other.Pid, Seen.Of(Call.Attached).Single().Pid);
            await Deadline.Until(() => Proc.Tracers(tracee.Pid).All(tracer => tracer == 0), "the other is let go");
            Assert.Contains("another process has this pid now", Assert.Single(session.Figures.Ledger).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Thread_id_stands_for_its_process()
    {
        Tracee tracee = await StartAsync("tree", "0", "0", "1");
        await tracee.Output.ExpectAsync("1");
        int thread = Proc.Threads(tracee.Pid).Single(tid => tid != tracee.Pid);
        FollowSession session = await AttachAsync(thread);
        Assert.Equal(tracee.Pid, Seen.Of(Call.Attached).Single().Pid);
        Assert.DoesNotContain(0, Proc.Tracers(tracee.Pid));
        await EndAsync(session);
    }

    [Fact]
    public async Task Target_named_twice_is_followed_once()
    {
        Tracee tracee = await StartAsync("tree", "1", "1", "0");
        await tracee.Output.ExpectAsync("2");
        int child = Proc.Children(tracee.Pid).Single();
        FollowSession session = await AttachAsync(child, tracee.Pid, tracee.Pid, child);
        Assert.Equal([child, tracee.Pid], Seen.Of(Call.Attached).Select(one => one.Pid));
        await EndAsync(session);
    }

    [Fact]
    public async Task Tree_that_forks_like_mad_is_taken_whole()
    {
        Tracee tracee = await StartAsync("tree", "storm", "8");
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        int tracer = Proc.TracerOf(tracee.Pid);
        for (int i = 0; i < 20; i++)
        {
            // A process may end between the look at the tree and the look at its tracer, and then has none.
            foreach (int pid in Proc.Tree(tracee.Pid))
            {
                int found = Proc.TracerOf(pid);
                Assert.True(found == tracer || !Proc.IsAlive(pid), Proc.Describe(pid));
            }
        }

        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
        Assert.All(Seen.Of(Call.Born), one => Assert.NotNull(one.Parent));
        Assert.All(Seen.Of(Call.Born), one => Assert.Contains(one.Exit!.Code, (int[])[7, 8]));
    }
}
