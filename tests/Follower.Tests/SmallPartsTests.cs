using System.Text;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower.Tests;

public sealed class HistogramTests
{
    [Fact]
    public void A_quantile_is_within_an_eighth_of_the_truth_and_the_maximum_exact()
    {
        var random = new Random(7);
        long[] values = [.. Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 24))];
        var histogram = new Histogram();
        foreach (long value in values)
            histogram.Add(value);

        Array.Sort(values);
        foreach (double part in (double[])[0.01, 0.25, 0.5, 0.9, 0.99, 1])
        {
            long truth = values[(int)Math.Ceiling(part * values.Length) - 1];
            Assert.InRange(histogram.Quantile(part), truth, truth + (truth / 8) + 1);
        }

        Assert.Equal(values[^1], histogram.Max);
        Assert.Equal(values.Length, histogram.Count);
    }

    [Fact]
    public void An_empty_one_has_zeros_and_the_largest_long_fits()
    {
        var histogram = new Histogram();
        Assert.Equal(0, histogram.Quantile(0.5));
        histogram.Add(long.MaxValue);
        histogram.Add(-5);
        Assert.Equal(long.MaxValue, histogram.Quantile(1));
        Assert.Equal(0, histogram.Quantile(0.5));
        Assert.Equal([0, 1, long.MaxValue, 1], histogram.ToPairs());
    }

    [Fact]
    public void Its_pairs_are_the_buckets_that_have_values()
    {
        var histogram = new Histogram();
        foreach (long value in (long[])[1000, 3, 1010, 3, 3, 5000])
            histogram.Add(value);

        Assert.Equal([3, 3, 1023, 2, 5119, 1], histogram.ToPairs());
    }
}

public sealed class PollGovernorTests
{
    private readonly PollGovernor _governor = new();

    [Fact]
    public void It_polls_as_long_as_one_poll_in_four_catches_its_stop()
    {
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(_governor.ShouldPoll());
            _governor.Polled(caught: i % 4 == 0, lookNs: 500, yieldNs: 20_000);
        }
    }

    [Fact]
    public void It_stops_when_polls_miss_and_takes_it_up_again_when_they_catch()
    {
        Assert.InRange(PollsIn(10_000, caught: false), 1, 10_000 / 4);
        Assert.InRange(PollsIn(10_000, caught: false), 1, 10_000 / 4);
        Assert.InRange(PollsIn(10_000, caught: true), 9_500, 10_000);
    }

    [Fact]
    public void It_stops_at_once_when_a_look_is_slow()
    {
        Assert.True(_governor.ShouldPoll());
        _governor.Polled(caught: true, lookNs: 1_000_000, yieldNs: 500);
        Assert.False(_governor.ShouldPoll());
    }

    [Fact]
    public void It_stops_at_once_when_a_yield_gives_a_whole_time_slice_away()
    {
        Assert.True(_governor.ShouldPoll());
        _governor.Polled(caught: true, lookNs: 500, yieldNs: 3_000_000);
        Assert.False(_governor.ShouldPoll());
    }

    private int PollsIn(int waits, bool caught)
    {
        int polls = 0;
        for (int i = 0; i < waits; i++)
        {
            if (!_governor.ShouldPoll())
                continue;
            polls++;
            _governor.Polled(caught, lookNs: 500, yieldNs: 20_000);
        }

        return polls;
    }
}

public sealed class MountInfoTests
{
    private static readonly byte[] _mounts = Encoding.ASCII.GetBytes(
        """
        26 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw,nosuid
        36 26 0:31 / /tmp rw,nosuid,nodev shared:5 - tmpfs tmpfs rw
        361 26 0:32 / /nosuid rw,nosuidx - tmpfs tmpfs rw
        37 26 0:33 / /short
        38
        39 26 0:34 / /last rw,noexec,nosuid
        """);

    [Theory]
    [InlineData(36, true)]
    [InlineData(39, true)]
    [InlineData(26, false)]
    [InlineData(361, false)]
    [InlineData(37, false)]
    [InlineData(38, false)]
    [InlineData(3, false)]
    public void Nosuid_is_an_option_of_the_mount(ulong id, bool noSuid) => Assert.Equal(noSuid, LinuxKernel.IsNoSuid(_mounts, id));
}

public sealed class OwnProcessTests
{
    [Fact]
    public void Our_own_process_reads_as_what_it_is()
    {
        using var kernel = new LinuxKernel();
        Assert.Equal(ProcOutcome.Read, kernel.ReadStatus(Environment.ProcessId, out ProcStatus status));
        Assert.Equal(Environment.ProcessId, status.Tgid);
        Assert.Equal((int)LibC.getppid(), status.ParentPid);
        Assert.InRange(status.PeakRssBytes, 1_000_000, long.MaxValue);
        Assert.True(kernel.ReadUsage(Environment.ProcessId, out UsageSample usage));
        Assert.InRange(usage.CpuNs, 1_000_000, long.MaxValue);
        Assert.Equal(Environment.ProcessPath, Encoding.UTF8.GetString(kernel.ReadImage(Environment.ProcessId).Path));
        Assert.InRange(kernel.Now() - kernel.ToTimestamp(kernel.ReadStart(Environment.ProcessId)), 0, 3_600_000_000_000);
        Assert.Equal(ProcOutcome.Gone, kernel.ReadStatus(int.MaxValue, out _));
    }
}

public sealed class UsageAccountTests
{
    private static readonly rusage _both = new()
    {
        ru_utime = new() { tv_sec = 4 },
        ru_stime = new() { tv_sec = 2 },
        ru_maxrss = 5000,
        ru_minflt = 100,
        ru_majflt = 3,
        ru_nvcsw = 50,
        ru_nivcsw = 20,
    };

    [Fact]
    public void Without_children_the_sum_is_its_own()
    {
        var account = default(UsageAccount);
        Assert.False(account.NeedsSample);
        Assert.Equal(
            new ResourceUsage(4_000_000_000, 2_000_000_000, 5000 * 1024, 100, 3, 50, 20),
            account.Settle(_both, default));
    }

    [Fact]
    public void With_children_its_own_part_is_told_apart()
    {
        var account = default(UsageAccount);
        account.AddReapedChild(new() { ru_minflt = 60, ru_nvcsw = 30, ru_nivcsw = 5 });
        account.PeakAtExit = 777;
        UsageSample own = new()
        {
            CpuNs = 900,
            UserTicksNs = 20,
            BothTicksNs = 30,
            MinorFaults = 40,
            MajorFaults = 1,
            ChildMinorFaults = 60,
        };
        account.AddThread(new(19, 14));
        Assert.Equal(new ResourceUsage(600, 300, 777, 40, 1, 19, 14), account.Settle(_both, own));
        account.LoseThread();
        Assert.Equal(new ResourceUsage(600, 300, 777, 40, 1, 20, 15), account.Settle(_both, own));
    }

    [Fact]
    public void Switches_are_unknown_if_threads_are_lost_and_the_children_that_it_reaped_are_not_those_that_we_know()
    {
        var account = default(UsageAccount);
        account.AddReapedChild(new() { ru_minflt = 60, ru_nvcsw = 30, ru_nivcsw = 5 });
        account.LoseThread();
        ResourceUsage usage = account.Settle(_both, new() { CpuNs = 1, ChildMinorFaults = 59 })!;
        Assert.Null(usage.VoluntarySwitches);
        Assert.Null(usage.InvoluntarySwitches);
    }

    [Fact]
    public void What_was_before_an_attach_and_our_stops_are_not_its_own()
    {
        var account = default(UsageAccount);
        account.StartAttached(new() { CpuNs = 500, UserTicksNs = 10, BothTicksNs = 20, MinorFaults = 30, MajorFaults = 1 });
        Assert.True(account.NeedsSample);
        account.AddThread(new(12, 3));
        account.AddThread(new(5, 1));
        account.CountStop();
        account.CountStop();
        account.PeakAtExit = 777;
        UsageSample own = new() { CpuNs = 800, UserTicksNs = 20, BothTicksNs = 35, MinorFaults = 40, MajorFaults = 1, ChildMinorFaults = 9 };
        ResourceUsage expected = new(200, 100, 777, 10, 0, 15, 4) { Stops = 2 };
        Assert.Equal(expected, account.Settle(_both, own));
        own.PeakRssBytes = 777;
        Assert.Equal(expected, account.SettleAlive(own));
        account.LoseThread();
        Assert.Null(account.SettleAlive(own)!.VoluntarySwitches);
    }

    [Fact]
    public void Usage_is_unknown_if_what_was_before_is()
    {
        var account = default(UsageAccount);
        account.StartUnknown();
        Assert.Null(account.Settle(_both, new() { CpuNs = 1 }));
        Assert.Null(account.SettleAlive(new() { CpuNs = 1 }));
    }
}

public sealed class SignalNameTests
{
    /// <summary>The shell is asked: it has its names from the C library.</summary>
    [Fact]
    public async Task Signals_have_their_names()
    {
        string output = await Started.OutputAsync("bash", "-c", "for i in {1..31}; do echo SIG$(kill -l $i); done");
        string[] names = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(names, Enumerable.Range(1, 31).Select(Signals.Name));
        Assert.Equal("SIGRTMIN+0", Signals.Name(34));
    }
}
