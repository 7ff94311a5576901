using Microsoft.Extensions.Configuration;

namespace ForkFollow.Telemetry.Tests;

/// <summary>What keeps memory and series within limits, whatever a workload does.</summary>
public sealed class BoundsTests
{
    [Fact]
    public void Spans_that_wait_have_a_limit_and_what_is_beyond_it_is_counted()
    {
        using var watch = new ExportWatch(OtelSettings.Read(new ConfigurationBuilder().Build()));
        int flushed = 0;
        var outbox = new SpanOutbox(watch, () => flushed++, portion: 2, mostPending: 5);
        for (int i = 0; i < 9; i++)
            outbox.Add(new(null!) { Activity = new("one") }, now: 1);
        Assert.Equal(4, outbox.Lost);

        // One portion goes, and nobody answers: nothing else goes until the patience is at its end.
        int completed = 0;
        outbox.Pump(_ => completed++, now: 2, hurry: false, patience: 100);
        outbox.Pump(_ => completed++, now: 50, hurry: true, patience: 100);
        Assert.Equal((2, 1), (completed, flushed));
        outbox.Pump(_ => completed++, now: 103, hurry: false, patience: 100);
        Assert.Equal(6, outbox.Lost);
        Assert.True(outbox.IsDown);
        Assert.Equal(2, completed); // It pauses,

        outbox.Pump(_ => completed++, now: 104, hurry: true, patience: 100);
        Assert.Equal(3, completed); // and then tries one alone.
        outbox.GiveUp();
        Assert.Equal((9, 0, false), (outbox.Lost, outbox.Delivered, outbox.IsBusy));
    }

    [Fact]
    public void Names_of_executables_have_a_limit()
    {
        var series = new Series();
        List<string> names = [.. Enumerable.Range(0, 5_000).Select(i => series.NameFor($"program-{i}"))];
        Assert.Equal(601, names.Distinct().Count());
        Assert.Equal("program-599", names[599]);
        Assert.Equal("_OTHER", names[600]);
        Assert.Equal("program-7", series.NameFor("program-7"));
        List<string> types = [.. Enumerable.Range(0, 5_000).Select(i => series.TypeFor("a", $"Type{i}"))];
        Assert.Equal(1_201, types.Distinct().Count());
    }
}
