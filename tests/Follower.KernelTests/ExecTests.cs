namespace ForkFollow.Follower.KernelTests;

/// <summary>Programs that a process runs one after the other.</summary>
public sealed class ExecTests : KernelTest
{
    [Fact]
    public async Task Execs_are_recorded_in_their_order_with_their_arguments()
    {
        FollowedProcess root = await RunAsync("execs", "chain", "3");
        AssertExit(5, root);
        Assert.Equal(4, root.Execs.Count);
        Assert.All(root.Execs, image => Assert.Equal(Programs.PathOf("execs"), image.Path));
        Assert.Equal(Command("execs", "chain", "3"), root.Execs[0].GetArguments());
        Assert.Equal(["link", "chain", "2", "an argument", ""], root.Execs[1].GetArguments());
        Assert.Equal(["link", "chain", "1", "an argument", ""], root.Execs[2].GetArguments());
        Assert.Equal(["last", "exit", "0", "an argument", ""], root.Execs[3].GetArguments());
        Assert.Equal(root.Execs.OrderBy(image => image.Timestamp), root.Execs);
        Assert.Equal(4, Seen.Count(Call.Execed));
        Assert.Equal(1, Seen.Count(Call.Born));
    }

    [Fact]
    public async Task Thread_that_execs_goes_on_as_the_leader()
    {
        FollowSession session = await LaunchAsync("execs", "thread");
        FollowedProcess root = session.Root!;
        await CompleteAsync(session);
        AssertExit(6, root);
        Assert.Equal(2, root.Execs.Count);
        Assert.Equal("after", root.Execs[1].GetArguments()[1]);

        // The leader, four threads before the exec, two after it.
        Assert.Equal(7, root.ThreadsSeen);
        Assert.Equal(6, session.Figures.ThreadBirths);
        FollowedProcess child = Assert.Single(Seen.Of(Call.Born), one => one != root);
        AssertExit(5, child);
        Assert.Same(root, child.Parent);
    }

    [Fact]
    public async Task Threads_that_exec_while_others_are_born_go_on()
    {
        FollowedProcess root = await RunAsync("execs", "storm", "50");
        AssertExit(5, root);
        Assert.Equal(51, root.Execs.Count);
        Assert.Equal(1, Seen.Count(Call.Born));
        Assert.Equal(1, Seen.Count(Call.Exited));
    }

    [Fact]
    public async Task Failing_exec_changes_nothing()
    {
        FollowedProcess root = await RunAsync("execs", "failing");
        AssertExit(3, root);
        Assert.Single(root.Execs);
        Assert.Equal(1, Seen.Count(Call.Execed));
        Assert.Equal(2, Seen.Count(Call.Born));
    }

    [Fact]
    public async Task Program_in_memory_is_recorded()
    {
        FollowedProcess root = await RunAsync("execs", "memfd");
        AssertExit(5, root);
        Assert.Equal("/memfd:tracee (deleted)", root.Execs[1].Path);
    }

    [Fact]
    public async Task Deleted_program_is_recorded()
    {
        FollowedProcess root = await RunAsync("execs", "deleted", FileName("program"));
        AssertExit(5, root);
        Assert.Equal(FileName("program") + " (deleted)", root.Execs[1].Path);
    }
}
