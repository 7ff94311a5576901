using System.Diagnostics;
using ForkFollow.Results;
using ForkFollow.Results.Tests;
using OpenTelemetry.Logs;

namespace ForkFollow.Telemetry.Tests;

/// <summary>What metrics and log records look like, and that they agree with the run.</summary>
[Collection("otlp")]
public sealed class MetricShapeTests
{
    [Fact]
    public async Task What_processes_used_is_added_up_by_executable()
    {
        var run = new MadeRun();
        run.Begin().Exec("/bin/cc").End(usage: new(1_500_000_000, 250_000_000, 8 << 20, 7, 3, 5, null));
        run.Begin().Exec("/usr/bin/cc").End(new(1), usage: new(500_000_000, 0, 1 << 20, 1, 0, 2, 4));
        run.Begin().Exec("/bin/sh").End(new(0, 9, "SIGKILL"), usage: new(0, 0, 0, 0, 0, 0, 0));
        run.Begin().Exec("/bin/sh").End(end: "lost");
        using Exported exported = await new Exported().TakeAsync(run);

        Assert.Equal(2, exported.Sum("process.cpu.time", "cpu.mode", "user"), 9);
        Assert.Equal(0.25, exported.Sum("process.cpu.time", "cpu.mode", "system"), 9);
        Assert.Equal(8, exported.Sum("process.paging.faults", "system.paging.fault.type", "minor"));
        Assert.Equal(3, exported.Sum("process.paging.faults", "system.paging.fault.type", "major"));
        Assert.Equal(7, exported.Sum("process.context_switches", "process.context_switch.type", "voluntary"));
        Assert.Equal(4, exported.Sum("process.context_switches", "process.context_switch.type", "involuntary"));
        Assert.Equal(1, exported.Sum("forkfollow.process.ended", "forkfollow.process.outcome", "succeeded"));
        Assert.Equal(3, exported.Sum("forkfollow.process.ended", "forkfollow.process.outcome", "failed"));
        Assert.Equal(2, exported.Sum("forkfollow.process.ended", "process.executable.name", "cc"));
        Assert.Equal(4, exported.Sum("forkfollow.process.duration"));
        Assert.Equal(3, exported.Sum("forkfollow.process.memory.peak"));
        Assert.Equal(("s", "By"), (exported.UnitOf("process.cpu.time"), exported.UnitOf("forkfollow.process.memory.peak")));
        Assert.All(exported.Points("process.cpu.time"), point => Assert.Null(Exported.Attribute(point, "process.pid")));
        Assert.Equal(4, exported.Points("process.cpu.time").Count); // two names, two modes
    }

    [Fact]
    public async Task What_the_follower_did_and_what_became_of_spans_is_counted()
    {
        var run = new MadeRun { Figures = new(30, 4, 2, 3, new(0, 0, 0)), HeldTimes = [(20_000, 5), (1_000_000, 2)] };
        run.Begin().End();
        run.Begin();
        using Exported exported = await new Exported().TakeAsync(run);
        Assert.Equal(
            (4, 2, 3, 30, 2, 0, 7, 2),
            (exported.Sum("forkfollow.births"), exported.Sum("forkfollow.thread.births"), exported.Sum("forkfollow.execs"),
                exported.Sum("forkfollow.stops"), exported.Sum("forkfollow.processes"), exported.Sum("forkfollow.processes.alive"),
                exported.Sum("forkfollow.stop.held"), exported.Sum("forkfollow.telemetry.spans", "forkfollow.telemetry.outcome", "delivered")));
        Assert.DoesNotContain(exported.Metrics, metric => metric.Name == "forkfollow.telemetry.export.failures");
    }

    [Fact]
    public async Task Runtimes_tell_their_collections_compilations_and_exceptions_also_when_they_do_so_late()
    {
        RecordedDotNet told = SampleRuns.SmallRuntime();
        var run = new MadeRun();
        using var exported = new Exported();
        MadeProcess early = run.Begin().Exec("/bin/Busy");
        MadeProcess late = run.Begin().Exec("/bin/Busy");
        late.GiveNames("rusage", "dotnet");
        RunReader reader = exported.Read(run);
        early.DotNet = told;
        early.End();
        late.End();
        reader.Read();
        late.DotNet = told;
        await reader.EndAsync(Wait.Limit);

        Assert.Equal(2 * told.Gc.Gen0, exported.Sum("dotnet.gc.collections")); // each is counted for its own generation alone
        Assert.Equal(2 * told.Gc.Gen2, exported.Sum("dotnet.gc.collections", "dotnet.gc.heap.generation", "gen2"));
        Assert.Equal(2 * told.Gc.PauseNs / 1e9, exported.Sum("dotnet.gc.pause.time"), 9);
        Assert.Equal(2 * told.Gc.AllocatedBytes, exported.Sum("dotnet.gc.heap.total_allocated"));
        Assert.Equal(2 * told.Jit.Methods, exported.Sum("dotnet.jit.compiled_methods"));
        Assert.Equal(2 * told.Contentions, exported.Sum("dotnet.monitor.lock_contentions"));
        Assert.Equal(2 * told.Exceptions, exported.Sum("dotnet.exceptions"));
        Assert.Equal(2, exported.Sum("dotnet.exceptions", "error.type", "System.FormatException"));
        Assert.All(exported.Points("dotnet.gc.collections"), point => Assert.Equal("Busy", Exported.Attribute(point, "process.executable.name")));
    }

    [Fact]
    public async Task A_figure_below_zero_is_a_runtimes_word_and_harms_nothing()
    {
        RecordedDotNet told = SampleRuns.SmallRuntime();
        var run = new MadeRun();
        MadeProcess process = run.Begin();
        process.DotNet = told with { Gc = told.Gc with { Gen0 = 1, Gen1 = 5, Gen2 = 2 } };
        process.End();
        using Exported exported = await new Exported().TakeAsync(run);
        Assert.Equal(0, exported.Sum("dotnet.gc.collections", "dotnet.gc.heap.generation", "gen0"));
        Assert.Equal(3, exported.Sum("dotnet.gc.collections", "dotnet.gc.heap.generation", "gen1"));
    }

    [Fact]
    public async Task A_series_for_each_pid_carries_it()
    {
        var run = new MadeRun();
        MadeProcess[] all = [.. Enumerable.Range(0, 10).Select(_ => run.Begin().Exec("/bin/cc").End())];
        using Exported exported = await new Exported(new() { PidAttribute = true }).TakeAsync(run);
        Assert.Equal(
            all.Select(process => $"{process.Pid}"),
            exported.Points("forkfollow.process.ended").Select(point => Exported.Attribute(point, "process.pid")).Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_ledger_says_is_a_log_record_of_the_processs_span(bool ended)
    {
        var run = new MadeRun();
        using var exported = new Exported();
        RunReader reader = exported.Read(run);
        MadeProcess shell = run.Begin(origin: "launched").Exec("/bin/sh");
        MadeProcess child = run.Begin(shell);
        reader.Read();

        // What is told of an end comes with it: the process is not gone for the ledger yet, nor is one that had its pid before.
        MadeProcess next = run.Begin(shell, child.Pid);
        if (ended)
            next.End();
        child.End();
        run.Note("escaped", next.Pid, "A child escaped.");
        run.Note("lost", 0, "Of nobody.");
        await reader.EndAsync(Wait.Limit);

        Assert.Equal(2, exported.Logs.Count);
        AssertRecord(exported.Logs[0], "A child escaped.", "escaped", next.Pid, exported.Of(next));
        AssertRecord(exported.Logs[1], "Of nobody.", "lost", null, exported.Of(shell));
        Assert.Equal(1, exported.Sum("forkfollow.ledger.entries", "forkfollow.ledger.kind", "escaped"));
        Assert.Equal(2, exported.Sum("forkfollow.ledger.entries"));
    }

    [Fact]
    public async Task Log_records_have_a_limit_and_the_metric_counts_all()
    {
        var run = new MadeRun();
        for (int i = 0; i < 3_000; i++)
            run.Note($"entry {i}");
        using Exported exported = await new Exported().TakeAsync(run);
        Assert.Equal(1_000, exported.Logs.Count);
        Assert.Equal(3_000, exported.Sum("forkfollow.ledger.entries"));
    }

    [Fact]
    public async Task The_metric_counts_what_the_ledger_has_not_kept_too()
    {
        var run = new MadeRun { Omitted = [("collector", 990_000)] };
        run.Note("entry");
        using Exported exported = await new Exported().TakeAsync(run);
        Assert.Single(exported.Logs);
        Assert.Equal(990_001, exported.Sum("forkfollow.ledger.entries"));
    }

    private static void AssertRecord(LogRecord record, string text, string kind, int? pid, Activity span)
    {
        Assert.Equal((text, "ForkFollow.Ledger"), (record.FormattedMessage ?? record.Body, record.CategoryName));
        Assert.Equal((span.TraceId, span.SpanId), (record.TraceId, record.SpanId));
        Assert.Equal(kind, record.Attributes!.Single(one => one.Key == "forkfollow.ledger.kind").Value);
        Assert.Equal(pid, record.Attributes!.SingleOrDefault(one => one.Key == "process.pid").Value);
    }
}
