namespace ForkFollow.Follower.KernelTests;

/// <summary>What a process used is its own, and not its children's.</summary>
public sealed class UsageTests : KernelTest
{
    [Theory]
    [InlineData(100, 300)]
    [InlineData(300, 100)]
    public async Task CPU_time_is_the_process_own(int own, int childs)
    {
        FollowedProcess root = await RunAsync("usage", "burn", $"{own}", $"{childs}");
        AssertExit(0, root);
        AssertBurnt(own, root);
        AssertBurnt(childs, Seen.Of(Call.Born)[1]);
    }

    [Theory]
    [InlineData(1000, 5000)]
    [InlineData(5000, 1000)]
    public async Task Faults_and_peak_memory_are_the_process_own(int own, int childs)
    {
        FollowedProcess root = await RunAsync("usage", "touch", $"{own}", $"{childs}");
        AssertExit(0, root);
        AssertTouched(own, root);
        AssertTouched(childs, Seen.Of(Call.Born)[1]);
    }

    [Fact]
    public async Task Peak_memory_of_a_small_program_is_not_that_of_the_large_one_that_ran_it()
    {
        FollowedProcess root = await RunAsync("usage", "big", "100");
        AssertExit(0, root);
        FollowedProcess child = Seen.Of(Call.Born)[1];
        Assert.InRange(root.Usage!.MaxRssBytes, 100L << 20, 120L << 20);
        Assert.InRange(child.Usage!.MaxRssBytes, 1, 20L << 20);
    }

    [Fact]
    public async Task Process_that_is_let_go_has_used_what_it_had_until_then()
    {
        Tracee tracee = await StartAsync("signals", "load");
        await tracee.Output.ExpectAsync("ready");
        FollowSession session = await AttachAsync(tracee.Pid);
        await EndAsync(session);
        ResourceUsage usage = Seen.Of(Call.Attached)[0].Usage!;
        Assert.InRange(usage.UserNs + usage.SystemNs, 1, 20_000_000_000);
        Assert.InRange(usage.MaxRssBytes, 1, 100L << 20);
    }

    private static void AssertBurnt(int milliseconds, FollowedProcess process)
    {
        ResourceUsage usage = process.Usage!;
        double used = (usage.UserNs + usage.SystemNs) / 1e6;
        Assert.InRange(used, milliseconds * 0.98, milliseconds * 1.2);
    }

    private static void AssertTouched(int pages, FollowedProcess process)
    {
        ResourceUsage usage = process.Usage!;
        Assert.InRange(usage.MinorFaults, pages, pages + 800);
        Assert.InRange(usage.MaxRssBytes, pages * 4096L, (pages * 4096L) + (8 << 20));
    }
}
