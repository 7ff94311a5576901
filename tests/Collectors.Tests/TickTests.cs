using ForkFollow.Collectors.Procfs;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>When ticks are taken and which are kept, without a kernel.</summary>
public sealed class TickTests
{
    private const long Start = 1_000;
    private const long Interval = 100;

    [Fact]
    public void Goals_do_not_drift_however_late_rounds_begin_and_end()
    {
        var schedule = new TickSchedule(Start, Interval);
        for (int i = 1; i <= 1000; i++)
        {
            Assert.Equal(Start + (i * Interval), schedule.Goal);
            Assert.Equal(i, schedule.Number);
            schedule.Done(schedule.Goal + (i * 37 % 100));
        }

        Assert.Equal(0, schedule.Skipped);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(99, 0)]
    [InlineData(100, 1)]
    [InlineData(101, 1)]
    [InlineData(199, 1)]
    [InlineData(1000, 10)]
    public void Whole_intervals_that_have_passed_are_skipped_and_counted(long late, long skipped)
    {
        var schedule = new TickSchedule(Start, Interval);
        long end = schedule.Goal + late;
        schedule.Done(end);
        Assert.Equal(skipped, schedule.Skipped);
        Assert.Equal(2 + skipped, schedule.Number);
        Assert.Equal(Start + ((2 + skipped) * Interval), schedule.Goal);
        Assert.InRange(schedule.Remaining(end), 1, Interval);
    }

    [Fact]
    public void It_waits_until_the_goal_and_no_longer()
    {
        var schedule = new TickSchedule(Start, Interval);
        Assert.Equal(100, schedule.Remaining(Start));
        Assert.Equal(1, schedule.Remaining(Start + 99));
        Assert.Equal(0, schedule.Remaining(Start + 100));
        Assert.Equal(0, schedule.Remaining(Start + 500));
    }

    [Fact]
    public void A_long_series_is_thinned_evenly_and_keeps_its_first_tick()
    {
        var series = new TickSeries();
        for (long round = 1; round <= 1000; round++)
        {
            if (series.Wants(round))
                series.Add(round, At(round), limit: 16);
        }

        Assert.InRange(series.Count, 8, 16);
        Assert.Equal(64, series.Stride);
        for (int i = 0; i < series.Count; i++)
            Assert.Equal(1 + (64 * i), series[i].Timestamp);
    }

    [Fact]
    public void A_thinned_series_goes_on_although_rounds_are_skipped()
    {
        // Only odd rounds take place: one that went by "number modulo stride" would never want one again.
        var series = new TickSeries();
        for (long round = 1; round <= 4001; round += 2)
        {
            if (series.Wants(round))
                series.Add(round, At(round), limit: 16);
        }

        Assert.InRange(series.Count, 8, 16);
        Assert.InRange(series[series.Count - 1].Timestamp, 4001 - (2 * series.Stride), 4001);
    }

    [Fact]
    public void A_lower_limit_holds_for_what_is_there_already()
    {
        var series = new TickSeries();
        for (long round = 1; round <= 100; round++)
            series.Add(round, At(round), limit: 1000);
        series.Add(101, At(101), limit: 10);
        Assert.InRange(series.Count, 5, 10);
        Assert.Equal(16, series.Stride);
        Assert.False(series.Wants(116));
        Assert.True(series.Wants(117));
    }

    [Fact]
    public void The_last_tick_is_always_taken()
    {
        var watch = new TickWatch();
        watch.Add(1, At(10), 1000);
        watch.SetLast(At(11));
        Assert.False(watch.IsTaken);
        Assert.Equal([5L, 6L], watch.Take(start: 5).Select(tick => tick.AtNs));
        Assert.True(watch.IsTaken);
        watch.Add(2, At(12), 1000);
        Assert.Equal(2, watch.Take(start: 5).Count);
    }

    [Fact]
    public void No_tick_comes_after_that_of_the_exit_stop()
    {
        var watch = new TickWatch();
        watch.SetLast(At(11));
        watch.Add(2, At(12), 1000);
        Assert.Equal(11, Assert.Single(watch.Take(start: 0)).AtNs);
    }

    [Theory]
    [InlineData(ProcessOrigin.Vfork, 0, ProcessEnd.Alive, true)]
    [InlineData(ProcessOrigin.Vfork, 1, ProcessEnd.Alive, false)]
    [InlineData(ProcessOrigin.Vfork, 0, ProcessEnd.Exited, false)]
    [InlineData(ProcessOrigin.Vfork, 0, ProcessEnd.Detached, false)]
    [InlineData(ProcessOrigin.Vfork, 0, ProcessEnd.Lost, false)]
    [InlineData(ProcessOrigin.Fork, 0, ProcessEnd.Alive, false)]
    [InlineData(ProcessOrigin.Clone, 0, ProcessEnd.Alive, false)]
    [InlineData(ProcessOrigin.Launched, 0, ProcessEnd.Alive, false)]
    [InlineData(ProcessOrigin.Attached, 0, ProcessEnd.Alive, false)]
    public void A_vfork_child_holds_its_parent_until_it_executes_or_ends(
        ProcessOrigin origin, int execs, ProcessEnd end, bool holds) =>
        Assert.Equal(holds, TickWatch.HoldsParent(origin, execs, end));

    [Fact]
    public void What_may_not_be_known_is_null()
    {
        Assert.Equal(-1, TickReader.Field([], "\nread_bytes: "u8));
        Assert.Equal(12, TickReader.Field("rchar: 5\nread_bytes: 12\nwrite_bytes: 3\n"u8, "\nread_bytes: "u8));
        Assert.Equal(3, TickReader.Field("read_bytes: 12\nwrite_bytes: 3\ncancelled_write_bytes: 9\n"u8, "\nwrite_bytes: "u8));
        var series = new TickSeries();
        series.AddLast(new(1, 4096, -1, -1, 1, -1, (byte)'S'));
        Assert.Equal(new RecordedTick(1, "S", 4096, 1, null, null, null), Assert.Single(series.ToRecorded(0)));
    }

    private static Tick At(long timestamp) => new(timestamp, 0, 0, 0, 1, 0, (byte)'S');
}
