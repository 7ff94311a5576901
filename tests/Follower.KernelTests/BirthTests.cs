using System.Globalization;

namespace ForkFollow.Follower.KernelTests;

/// <summary>Every child is followed from before its first instruction, however it is made.</summary>
public sealed class BirthTests : KernelTest
{
    [Theory]
    [InlineData("fork", ProcessOrigin.Fork)]
    [InlineData("vfork", ProcessOrigin.Vfork)]
    [InlineData("clone-signal", ProcessOrigin.Clone)]
    [InlineData("clone-no-signal", ProcessOrigin.Clone)]
    [InlineData("clone-vfork", ProcessOrigin.Vfork)]
    [InlineData("clone-parent", ProcessOrigin.Fork)]
    [InlineData("spawn", ProcessOrigin.Vfork)]
    public async Task Child_has_its_origin_and_its_creator(string way, ProcessOrigin origin)
    {
        LaunchOptions options = new() { Command = Command("births", way), Until = FollowUntil.All };
        FollowSession session = await LaunchAsync(options);
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
        Assert.Equal(2, Seen.Count(Call.Born));
        FollowedProcess child = Seen.Of(Call.Born)[1];
        Assert.Equal(origin, child.Origin);
        Assert.Same(session.Root, child.Parent);
        Assert.Equal(session.Root!.Pid, child.ParentPid);
        Assert.Equal(1, child.ThreadsSeen);
        AssertExit(5, child);
        Assert.Equal(way == "spawn" ? 1 : 0, child.Execs.Count);
    }

    [Fact]
    public async Task Child_of_an_attached_process_has_its_creator()
    {
        Tracee tracee = await StartAsync("puppet");
        await tracee.Output.NextAsync();
        FollowSession session = await AttachAsync(tracee.Pid);
        tracee.Send("A fork");
        int pid = int.Parse(await tracee.Output.NextAsync(), CultureInfo.InvariantCulture);
        FollowedProcess child = (await Seen.WaitAsync(Call.Exited, pid)).Process!;
        Assert.Equal(Proc.Children(tracee.Pid).Single(), child.Parent!.Pid);
        AssertExit(7, child);
        tracee.Send("A quit");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Every_fork_of_a_storm_is_followed(int width)
    {
        FollowSession session = await LaunchAsync("births", "forks", "2000", $"{width}");
        FollowedProcess root = session.Root!;
        await CompleteAsync(session);
        AssertExit(0, root);
        Assert.Equal(2001, Seen.Count(Call.Born));
        Assert.Equal(2001, session.Figures.Births);
        Assert.All(Seen.Of(Call.Born).Skip(1), child =>
        {
            AssertExit(child.Pid & 0x7f, child);
            Assert.Same(root, child.Parent);
            Assert.Equal(ProcessOrigin.Fork, child.Origin);
        });
    }

    [Fact]
    public async Task Every_thread_of_a_storm_is_followed()
    {
        FollowSession session = await LaunchAsync("births", "threads", "2000", "8");
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
        Assert.Equal(2000, Seen.Count(Call.ThreadBorn));
        Assert.Equal(2000, session.Figures.ThreadBirths);
        Assert.Equal(2001, session.Root!.ThreadsSeen);
        Assert.Equal(1, Seen.Count(Call.Born));
    }

    [Fact]
    public async Task Child_has_not_run_when_its_birth_is_told()
    {
        const int Children = 500;
        SharedLongs marks = Shared("marks", Children * sizeof(int));
        int early = 0;
        Seen.OnBorn = child =>
        {
            // Root is 1, and the children come one after the other.
            if (child.Id > 1 && marks.Int(child.Id - 2) != 0)
                early++;
            return BirthVerdict.Follow;
        };
        FollowedProcess root = await RunAsync("births", "marked-children", $"{Children}", marks.Path);
        AssertExit(0, root);
        Assert.Equal(Children + 1, Seen.Count(Call.Born));
        Assert.Equal(0, early);
        Assert.All(Enumerable.Range(0, Children), i => Assert.Equal(1, marks.Int(i)));
    }

    [Fact]
    public async Task Thread_has_not_run_when_its_birth_is_told()
    {
        const int Threads = 500;
        SharedLongs marks = Shared("marks", Threads * sizeof(int));
        int early = 0;
        int births = 0;
        Seen.OnThreadBorn = (_, _) => early += marks.Int(births++);
        FollowedProcess root = await RunAsync("births", "marked-threads", $"{Threads}", marks.Path);
        AssertExit(0, root);
        Assert.Equal(Threads, births);
        Assert.Equal(0, early);
    }

    [Fact]
    public async Task Threads_born_into_a_group_that_is_stopping_go_on()
    {
        FollowedProcess root = await RunAsync("births", "threads-under-stops", "500");
        AssertExit(0, root);
        Assert.Equal(501, root.ThreadsSeen);
        Assert.Equal(500, Seen.Count(Call.ThreadBorn));
    }

    [Theory]
    [InlineData("groups-killed")]
    [InlineData("groups-exited")]
    public async Task Processes_that_end_while_their_threads_are_born_end(string way)
    {
        FollowedProcess root = await RunAsync("births", way, "100");
        AssertExit(0, root);
        List<FollowedProcess> children = [.. Seen.Of(Call.Exited).Where(one => one != root)];
        Assert.Equal(100, children.Count);
        ProcessExit exit = way == "groups-killed" ? new(0, 9, false) : new(5, 0, false);
        Assert.All(children, child => Assert.Equal(exit, child.Exit));
    }

    [Fact]
    public async Task Child_killed_at_birth_is_in_the_tree()
    {
        FollowSession session = await LaunchAsync("births", "killed", "2000");
        FollowedProcess root = session.Root!;
        await CompleteAsync(session);
        AssertExit(0, root);
        List<FollowedProcess> children = [.. Seen.Of(Call.Exited).Where(one => one != root)];
        Assert.Equal(2000, children.Count);
        Assert.All(children, child =>
        {
            Assert.Equal(new ProcessExit(0, 9, false), child.Exit);
            Assert.Same(root, child.Parent);
        });
        Assert.Equal(0, root.UnbornChildren);
    }

    [Fact]
    public async Task Child_of_a_creator_that_is_killed_runs_to_its_end()
    {
        // A creator killed before its event leaves a child whose parent is not known: the ledger says so.
        LedgerExpected = true;
        LaunchOptions options = new() { Command = Command("births", "creators-killed", "400"), Until = FollowUntil.All };
        FollowSession session = await LaunchAsync(options);
        int grandchildren = int.Parse(await Pipes.Output.NextAsync(), CultureInfo.InvariantCulture);
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
        Assert.Equal(grandchildren, Seen.Of(Call.Exited).Count(one => one.Exit!.Code == 42));
        Assert.Equal(400, Seen.Of(Call.Exited).Count(one => one.Exit!.Signal == 9 && one.Parent == session.Root));
        Assert.All(session.Figures.Ledger, entry => Assert.Equal(LedgerKind.ParentUnknown, entry.Kind));
        Assert.Equal(
            session.Figures.Ledger.Count, Seen.Of(Call.Exited).Count(one => one.Parent is null && one != session.Root));
    }

    [Fact]
    public async Task Child_that_is_born_free_runs_on_untraced()
    {
        Seen.OnBorn = child => child.Id == 1 ? BirthVerdict.Follow : BirthVerdict.LetGo;
        FollowSession session = await LaunchAsync("births", "forks", "500", "8");
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
        Assert.Equal(500, Seen.Count(Call.Detached));
        Assert.All(Seen.Of(Call.Detached), child => Assert.Equal(ProcessEnd.Detached, child.End));
    }

    [Fact]
    public async Task Fault_of_an_observer_holds_nobody()
    {
        LedgerExpected = true;
        Seen.OnBorn = child => throw new InvalidOperationException("a fault of the test's");
        FollowSession session = await LaunchAsync("births", "forks", "20", "1");
        await Deadline.Of(session.Completion, "the end of the session");
        AssertExit(0, session.Root!);
        Assert.Equal(21, session.Figures.Ledger.Count(entry => entry.Kind == LedgerKind.ObserverFault));
    }

    [Fact]
    public async Task Untraced_child_is_in_the_ledger()
    {
        LedgerExpected = true;
        FollowSession session = await LaunchAsync("births", "untraced");
        int child = int.Parse(await Pipes.Output.NextAsync(), CultureInfo.InvariantCulture);
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
        LedgerEntry entry = Assert.Single(session.Figures.Ledger);
        Assert.Equal(LedgerKind.Escaped, entry.Kind);
        Assert.Equal(child, entry.Pid);
        Assert.Equal(0, Proc.TracerOf(child));
        Assert.True(Proc.IsAlive(child));
        Pipes.Send("go");
        await Deadline.Until(() => !Proc.IsAlive(child), "the end of the untraced child");
    }
}
