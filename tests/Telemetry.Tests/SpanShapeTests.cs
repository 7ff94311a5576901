using System.Diagnostics;
using ForkFollow.Results;
using ForkFollow.Results.Tests;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace ForkFollow.Telemetry.Tests;

/// <summary>What a span of a process looks like: names, parents, times, attributes, events, status.</summary>
[Collection("otlp")]
public sealed class SpanShapeTests
{
    private const long Ms = 1_000_000;

    [Fact]
    public async Task Each_process_is_a_span_below_that_of_who_forked_it()
    {
        MadeRun run = new(["make"]);
        MadeProcess make = run.Begin(origin: "launched").Exec("/usr/bin/make", "make");
        MadeProcess shell = run.Begin(make, startNs: 10 * Ms).Exec("/bin/sh", ["sh", "-c", "cc"], 11 * Ms).Exec("/usr/bin/cc", ["cc"], 12 * Ms);
        MadeProcess fork = run.Begin(shell, startNs: 20 * Ms).End(endNs: 30 * Ms);
        shell.End(endNs: 40 * Ms);
        make.End(endNs: 50 * Ms);
        MadeProcess stranger = run.Begin(origin: "attached", comm: "bash").End(endNs: 60 * Ms);
        using Exported exported = await new Exported().TakeAsync(run);

        Assert.Equal(4, exported.Spans.Count);
        Assert.Empty(run.Ledger);
        Assert.Equal(["make", "cc", "cc", "bash"], ((MadeProcess[])[make, shell, fork, stranger]).Select(one => exported.Of(one).DisplayName));
        Assert.Equal(default, exported.Of(make).ParentSpanId);
        Assert.Equal(exported.Of(make).SpanId, exported.Of(shell).ParentSpanId);
        Assert.Equal(exported.Of(shell).SpanId, exported.Of(fork).ParentSpanId);
        Assert.Equal(exported.Of(make).TraceId, exported.Of(fork).TraceId);
        Assert.Equal(default, exported.Of(stranger).ParentSpanId);
        Assert.NotEqual(exported.Of(make).TraceId, exported.Of(stranger).TraceId);
        Assert.All(exported.Spans, span => Assert.Equal(("ForkFollow", ActivityKind.Internal), (span.Source.Name, span.Kind)));
        AssertTime(run, 20 * Ms, exported.Of(fork).StartTimeUtc);
        AssertTime(run, 30 * Ms, exported.Of(fork).StartTimeUtc + exported.Of(fork).Duration);

        AssertTags(
            exported.Of(shell),
            ("process.pid", shell.Pid), ("process.parent_pid", make.Pid), ("process.executable.name", "cc"),
            ("process.executable.path", "/usr/bin/cc"), ("forkfollow.process.id", 2), ("forkfollow.process.comm", "cc"),
            ("forkfollow.process.origin", "fork"), ("forkfollow.process.threads", 1), ("forkfollow.process.end", "exited"),
            ("process.exit.code", 0));
        ActivityEvent[] execs = [.. exported.Of(shell).Events];
        Assert.All(execs, exec => Assert.Equal("process.exec", exec.Name));
        Assert.Equal(["/bin/sh", "/usr/bin/cc"], execs.Select(exec => Tag(exec, "process.executable.path")));
        Assert.Equal(["sh", "cc"], execs.Select(exec => Tag(exec, "process.executable.name")));
        AssertTime(run, 12 * Ms, execs[1].Timestamp.UtcDateTime);
        Assert.Empty(exported.Of(fork).Events);
    }

    [Theory]
    [InlineData("exited", 0, null, ActivityStatusCode.Unset, null)]
    [InlineData("exited", 3, null, ActivityStatusCode.Error, "exit code 3")]
    [InlineData("exited", 0, "SIGKILL", ActivityStatusCode.Error, "killed by SIGKILL")]
    [InlineData("detached", 0, null, ActivityStatusCode.Unset, null)]
    [InlineData("lost", 0, null, ActivityStatusCode.Error, "vanished without a report")]
    public async Task How_it_ended_is_its_status(string end, int code, string? signal, ActivityStatusCode status, string? text)
    {
        var run = new MadeRun();
        MadeProcess process = run.Begin(origin: "attached")
            .End(signal is null ? new(code) : new(0, 9, signal, true), end);
        using Exported exported = await new Exported().TakeAsync(run);

        Activity span = exported.Of(process);
        Assert.Equal((status, text), (span.Status, span.StatusDescription));
        Assert.Equal(end, span.GetTagItem("forkfollow.process.end"));
        Assert.Equal(end == "exited" && signal is null ? code : null, span.GetTagItem("process.exit.code"));
        Assert.Equal(signal, span.GetTagItem("forkfollow.process.exit.signal"));
        Assert.Equal(signal is null ? null : true, span.GetTagItem("forkfollow.process.exit.core_dumped"));
    }

    [Fact]
    public async Task An_attached_process_has_the_moment_of_that_in_place_of_an_exec()
    {
        var run = new MadeRun();
        MadeProcess process = run.Begin(origin: "attached", comm: "ng", startNs: -5000 * Ms)
            .Found("/usr/sbin/nginx", ["nginx: worker process"], 7 * Ms).End(end: "detached", usage: new(3 * Ms, Ms, 4096, 1, 0, 2, 0) { Stops = 9 });
        using Exported exported = await new Exported().TakeAsync(run);
        Activity span = exported.Of(process);
        Assert.Equal("nginx", span.DisplayName);
        Assert.Equal("/usr/sbin/nginx", span.GetTagItem("process.executable.path"));
        ActivityEvent attached = Assert.Single(span.Events);
        Assert.Equal("forkfollow.process.attached", attached.Name);
        Assert.Equal("nginx", Tag(attached, "process.executable.name"));
        AssertTime(run, 7 * Ms, attached.Timestamp.UtcDateTime);
        Assert.Equal(0.004, exported.Sum("process.cpu.time"), 9);
        Assert.Equal(2, exported.Sum("process.context_switches"));
    }

    [Fact]
    public async Task A_process_that_lives_on_is_detached_when_the_run_ends()
    {
        var run = new MadeRun();
        MadeProcess process = run.Begin(origin: "attached", comm: "sleep");
        await Task.Delay(20);
        using Exported exported = await new Exported().TakeAsync(run);

        Activity span = exported.Of(process);
        Assert.Equal(("sleep", ActivityStatusCode.Unset), (span.DisplayName, span.Status));
        Assert.Equal("detached", span.GetTagItem("forkfollow.process.end"));
        Assert.Null(span.GetTagItem("process.exit.code"));
        Assert.True(span.Duration >= TimeSpan.FromMilliseconds(20));
        Assert.Equal(0, exported.Sum("forkfollow.processes.alive"));
        Assert.Equal(1, exported.Sum("forkfollow.process.ended", "forkfollow.process.outcome", "detached"));
    }

    [Fact]
    public async Task Arguments_are_there_if_asked_for_and_have_a_limit()
    {
        var run = new MadeRun();
        string[] many = [new string('x', 5_000), .. Enumerable.Repeat("a", 500)];
        MadeProcess process = run.Begin().Exec("/bin/cc (deleted)", many).End();
        using Exported without = await new Exported().TakeAsync(run);
        Assert.Null(without.Of(process).GetTagItem("process.command_args"));
        Assert.Null(Tag(Assert.Single(without.Of(process).Events), "process.command_args"));

        using Exported with = await new Exported(new() { CommandArgs = true }).TakeAsync(run);
        Activity span = with.Of(process);
        Assert.Equal(("cc", "/bin/cc"), (span.DisplayName, span.GetTagItem("process.executable.path")));
        foreach (object? arguments in (object?[])[span.GetTagItem("process.command_args"), Tag(Assert.Single(span.Events), "process.command_args")])
        {
            string[] told = Assert.IsType<string[]>(arguments);
            Assert.Equal((128, 1024, "a"), (told.Length, told[0].Length, told[^1]));
        }
    }

    [Fact]
    public async Task Of_very_many_execs_the_last_128_are_told()
    {
        var run = new MadeRun();
        MadeProcess process = run.Begin();
        for (int i = 0; i < 200; i++)
            process.Exec($"/bin/p{i}", [], i * Ms);
        using Exported exported = await new Exported().TakeAsync(run);
        Assert.Equal(
            Enumerable.Range(72, 128).Select(i => $"p{i}"),
            exported.Of(process).Events.Select(exec => (string)Tag(exec, "process.executable.name")!));
    }

    [Fact]
    public async Task What_it_used_and_which_runtime_it_had_are_attributes()
    {
        var run = new MadeRun();
        MadeProcess process = run.Begin();
        process.DotNet = SampleRuns.SmallRuntime();
        process.End(usage: new(1_500_000_000, 250_000_000, 4096, 7, 3, 1, 2));
        MadeProcess unknown = run.Begin().End();
        using Exported exported = await new Exported().TakeAsync(run);

        Activity span = exported.Of(process);
        Assert.Equal(1.5, span.GetTagItem("forkfollow.process.cpu.user_time"));
        Assert.Equal(0.25, span.GetTagItem("forkfollow.process.cpu.system_time"));
        Assert.Equal(4096L, span.GetTagItem("forkfollow.process.memory.peak"));
        Assert.Equal(3L, span.GetTagItem("forkfollow.process.paging.faults.major"));
        Assert.Equal((".NET", "10.0.1"), (span.GetTagItem("process.runtime.name"), span.GetTagItem("process.runtime.version")));
        Assert.Equal(
            [],
            exported.Of(unknown).TagObjects.Select(tag => tag.Key)
                .Where(key => key.Contains("cpu", StringComparison.Ordinal) || key.Contains("runtime", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Values_are_attributes_and_tables_events_at_the_end()
    {
        var run = new MadeRun();
        MadeProcess process = run.Begin().Exec("/bin/shop", "shop");
        process.SetValue("shop.sales", 12.5, "{sale}");
        process.SetValue("shop.name", "north");
        process.SetTable(new("shop.tills", [new("till"), new("time", "s"), new("mixed")], [["a", 0.5, 1], ["b", 2, "x"]]));
        process.SetTable(new("shop.long", [new("n")], [.. Enumerable.Range(0, 500).Select(i => (ResultCell[])[i])]));
        process.SetTable(new("shop.none", [new("n")], []));
        process.End(endNs: 70 * Ms);
        using Exported exported = await new Exported().TakeAsync(run);

        Activity span = exported.Of(process);
        Assert.Equal((12.5, "north"), (span.GetTagItem("shop.sales"), span.GetTagItem("shop.name")));
        ActivityEvent[] events = [.. span.Events];
        Assert.Equal(["process.exec", "shop.tills", "shop.long", "shop.none"], events.Select(one => one.Name));
        Assert.All(events[1..], one => AssertTime(run, 70 * Ms, one.Timestamp.UtcDateTime));
        Assert.Equal(["till", "time", "mixed"], events[1].Tags.Select(tag => tag.Key));
        Assert.Equal(["a", "b"], Assert.IsType<string[]>(Tag(events[1], "till")));
        Assert.Equal([0.5, 2], Assert.IsType<double[]>(Tag(events[1], "time")));
        Assert.Equal(["1", "x"], Assert.IsType<string[]>(Tag(events[1], "mixed")));
        Assert.Equal(Enumerable.Range(0, 128).Select(i => (double)i), Assert.IsType<double[]>(Tag(events[2], "n")));
        Assert.Empty(Assert.IsType<double[]>(Tag(events[3], "n")));
    }

    [Fact]
    public async Task Processes_whose_collectors_take_long_to_close_have_their_results()
    {
        var run = new MadeRun();
        using var exported = new Exported();
        MadeProcess process = run.Begin().Exec("/bin/slow");
        RunReader reader = exported.Read(run);
        process.End(stillOpen: true);
        reader.Read();
        Assert.Empty(exported.Spans);
        process.Close(new(1_000_000_000, 0, 0, 0, 0, 0, 0));
        await reader.EndAsync(Wait.Limit);

        Assert.Equal(1.0, exported.Of(process).GetTagItem("forkfollow.process.cpu.user_time"));
        Assert.Equal(1, exported.Sum("process.cpu.time", "cpu.mode", "user"));
    }

    [Fact]
    public async Task A_processor_of_the_hosts_that_throws_is_told_and_harms_no_run()
    {
        var run = new MadeRun();
        run.Begin().End();
        using var exported = new Exported(traces: builder => builder.AddProcessor(new Throwing()));
        await exported.TakeAsync(run);
        Assert.Contains("thrown on purpose", Assert.Single(run.Ledger).Text, StringComparison.Ordinal);
    }

    private static object? Tag(ActivityEvent told, string key) => told.Tags.FirstOrDefault(tag => tag.Key == key).Value;

    /// <summary>No more, no fewer.</summary>
    private static void AssertTags(Activity span, params (string, object)[] expected) => Assert.Equal(
        expected.OrderBy(one => one.Item1, StringComparer.Ordinal),
        span.TagObjects.Select(tag => (tag.Key, tag.Value!)).OrderBy(one => one.Key, StringComparer.Ordinal));

    /// <summary>An activity's times are in ticks of 100 ns.</summary>
    private static void AssertTime(MadeRun run, long ns, DateTime actual) => Assert.Equal(run.Started.UtcDateTime.AddTicks(ns / 100), actual);

    private sealed class Throwing : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data) => throw new InvalidOperationException("thrown on purpose");
    }
}
