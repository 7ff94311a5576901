using System.Globalization;
using System.Reflection;
using System.Text.Json;
using ForkFollow.Tests.Otlp;

namespace ForkFollow.Service.Tests.Telemetry;

/// <summary>What a real receiver gets of a run, against the tree.json of the same run.</summary>
[Collection("otlp")]
public sealed class ExportTests : IDisposable
{
    private const string Ours = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private readonly Command _run = new();

    public void Dispose() => _run.Dispose();

    [SkippableTheory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task The_spans_form_the_very_tree_of_the_run_and_the_metrics_agree_with_it(string protocol)
    {
        await using Receiver receiver = await Receiver.StartAsync();
        Ended ended = await _run.RunAsync(
            receiver.Variables(protocol), "--", "sh", "-c",
            "ls >/dev/null; (exit 3); sh -c 'kill -9 $$'; sh -c 'exec cat /dev/null'; (cat /etc/hosts | wc -l) >/dev/null; exit 5");
        Received received = await receiver.EndAsync();

        Assert.Equal(5, ended.Status);
        Assert.Empty(_run.Ledger);
        Assert.All(received.Requests, one => Assert.Equal(protocol == "grpc" ? "grpc" : "http", one.GetProperty("protocol").GetString()));
        SpanTree.AssertSame(_run, received.Spans);
        Assert.Single(received.Spans.Select(span => span.Trace).Distinct());
        AssertScopeAndResource(received, "forkfollow");
        AssertMetrics(received);
    }

    [SkippableFact]
    public async Task The_name_of_the_service_and_its_attributes_are_the_users()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        Dictionary<string, string> variables = receiver.Variables();
        variables["OTEL_SERVICE_NAME"] = "night-build";
        variables["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=ci";
        await _run.RunAsync(variables, "--", "true");
        Received received = await receiver.EndAsync();

        AssertScopeAndResource(received, "night-build");
        Assert.Equal("ci", Received.Attribute(received.Spans[0].Resource, "deployment.environment.name"));
    }

    [SkippableFact]
    public async Task A_storm_loses_nothing_and_keeps_500_names_apart()
    {
        const int Names = 500;
        const int Each = 10;
        await using Receiver receiver = await Receiver.StartAsync();
        string script = "i=0; while [ $i -lt 500 ]; do ln /bin/true t$i 2>/dev/null || cp /bin/true t$i; i=$((i+1)); done; "
            + "j=0; while [ $j -lt 10 ]; do i=0; while [ $i -lt 500 ]; do ./t$i; i=$((i+1)); done; j=$((j+1)); done";
        Ended ended = await _run.RunAsync(receiver.Variables(), "--", "sh", "-c", script);
        Received received = await receiver.EndAsync();

        Assert.Equal(0, ended.Status);
        Assert.Empty(_run.Ledger);
        SpanTree.AssertSame(_run, received.Spans);
        Assert.All(received.Metrics[^1], point => Assert.Null(point["otel.metric.overflow"]));
        List<ReceivedPoint> user = [.. received.Last("process.cpu.time").Where(point => point["cpu.mode"] == "user")];
        Assert.InRange(user.Count, Names + 1, Names + 10);
        List<ReceivedPoint> count = [.. received.Last("forkfollow.process.ended")
            .Where(point => point["process.executable.name"]![0] == 't' && char.IsDigit(point["process.executable.name"]![1]))];
        Assert.Equal(Names, count.Count);
        Assert.All(count, point => Assert.Equal(Each, point.Value));
        AssertMetrics(received);
    }

    [SkippableFact]
    public async Task The_command_gets_the_context_of_its_own_span_and_ours_is_that_spans_parent()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        Dictionary<string, string> variables = receiver.Variables();
        variables["TRACEPARENT"] = Ours;
        variables["TRACESTATE"] = "vendor=1";
        Ended ended = await _run.RunAsync(
            variables, "--inject-traceparent", "--", "sh", "-c", "echo $TRACEPARENT $TRACESTATE; sleep 0.1; env | grep -c ^TRACEPARENT=");
        Received received = await receiver.EndAsync();

        ReceivedSpan root = received.Spans.Single(span => span.ProcessId == 1);
        Assert.Equal($"00-{root.Trace}-{root.Id}-01 vendor=1\n1\n", ended.Output);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", root.Trace);
        Assert.Equal("b7ad6b7169203331", root.Parent);
        Assert.All(received.Spans, span => Assert.Equal(root.Trace, span.Trace));

        // The children have it in their environment too, and it is no news: it is their own trace.
        Assert.All(received.Spans, span => Assert.Empty(span.Links));
    }

    [SkippableFact]
    public async Task Without_being_asked_the_command_keeps_its_environment_and_what_it_sets_itself_becomes_a_link()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        Dictionary<string, string> variables = receiver.Variables();
        string own = "00-11111111111111111111111111111111-2222222222222222-01";
        string bad = "00-11111111111111111111111111111111-2222222222222222-0Z";

        // They live for a while: an environment can be read only while its process does.
        Ended ended = await _run.RunAsync(
            variables, "--", "sh", "-c",
            $"echo $TRACEPARENT; TRACEPARENT={own} sh -c 'sleep 1; (sleep 1; exit 0)'; TRACEPARENT={bad} sleep 1");
        Received received = await receiver.EndAsync();

        Assert.Equal("\n", ended.Output);
        SpanTree.AssertSame(_run, received.Spans);
        ReceivedSpan setter = received.Spans.Single(span => span.ProcessId == 2);
        List<ReceivedSpan> linked = [setter];
        for (int i = 0; i < linked.Count; i++)
            linked.AddRange(received.Spans.Where(span => span.Parent == linked[i].Id));
        Assert.Equal(4, linked.Count); // sh, sleep, the subshell (a fork, which has its parent's), its sleep
        Assert.All(linked, span =>
        {
            JsonElement link = Assert.Single(span.Links);
            Assert.Equal(new string('1', 32), link.GetProperty("traceId").GetString());
            Assert.Equal(new string('2', 16), link.GetProperty("spanId").GetString());
        });
        Assert.All(received.Spans.Except(linked), span => Assert.Empty(span.Links));
        Assert.Equal(6, received.Spans.Count);
    }

    [SkippableFact]
    public async Task A_process_that_lives_on_is_not_lost()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using Started sleeper = Started.Begin("sleep", "100");
        try
        {
            Ended ended = await _run.RunAsync(
                receiver.Variables(), "-d", "0.3", "-p", sleeper.Id.ToString(CultureInfo.InvariantCulture));
            Received received = await receiver.EndAsync();

            Assert.Equal(0, ended.Status);
            Assert.False(sleeper.HasExited);
            ReceivedSpan span = Assert.Single(received.Spans);
            Assert.Equal("detached", span["forkfollow.process.end"]);
            Assert.Equal("attached", span["forkfollow.process.origin"]);
            Assert.Equal("sleep", span.Name);
            Assert.Equal("UNSET", span.Status);
            Assert.Null(span["process.exit.code"]);
            Assert.True(span.End - span.Start >= 300_000_000);
            SpanTree.AssertSame(_run, received.Spans);
            Assert.Equal(0, received.Sum("forkfollow.processes.alive"));
        }
        finally
        {
            sleeper.Kill();
        }
    }

    [SkippableFact]
    public async Task What_the_ledger_says_is_a_log_record_of_the_processs_span()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        string births = Path.Combine(Metadata("TraceeFolder"), "births");
        _run.Start(receiver.Variables(), "--", births, "untraced");
        string tree = Path.Combine(_run.Folder, "out", "tree.json");
        await Wait.UntilAsync(
            () => File.Exists(tree) && File.ReadAllText(tree).Contains("escaped", StringComparison.Ordinal), "an escape in the ledger");
        await _run.EndAsync(); // Its input ends, and so does the child that escaped.
        Received received = await receiver.EndAsync();

        string text = Assert.Single(_run.Ledger);
        JsonElement record = Assert.Single(received.Logs);
        ReceivedSpan span = Assert.Single(received.Spans);
        Assert.Equal(text, record.GetProperty("body").GetProperty("stringValue").GetString());
        Assert.Equal(span.Trace, record.GetProperty("traceId").GetString());
        Assert.Equal(span.Id, record.GetProperty("spanId").GetString());
        Assert.Equal("escaped", Received.Attribute(record, "forkfollow.ledger.kind"));
        Assert.Equal(1, received.Sum("forkfollow.ledger.entries", "forkfollow.ledger.kind", "escaped"));
    }

    [SkippableFact]
    public async Task Runtimes_tell_their_collections_compilations_and_exceptions()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        Ended ended = await _run.RunAsync(
            receiver.Variables(), "--collect", "counters,cpu,dotnet", "--", Metadata("BusyProgram"), "now", "gc:5", "throw:9");
        Received received = await receiver.EndAsync();

        Assert.Equal(0, ended.Status);
        JsonElement told = _run.Processes.Single(process => process.TryGetProperty("dotnet", out _)).GetProperty("dotnet");
        JsonElement gc = told.GetProperty("gc");
        double total = received.Sum("dotnet.gc.collections");
        Assert.Equal(gc.GetProperty("gen0").GetDouble(), total); // each is counted for its own generation alone
        Assert.True(total >= 5);
        Assert.Equal(gc.GetProperty("gen2").GetDouble(), received.Sum("dotnet.gc.collections", "dotnet.gc.heap.generation", "gen2"));
        Assert.Equal(gc.GetProperty("pauseNs").GetInt64() / 1e9, received.Sum("dotnet.gc.pause.time"), 9);
        Assert.Equal(told.GetProperty("jit").GetProperty("methods").GetDouble(), received.Sum("dotnet.jit.compiled_methods"));
        Assert.Equal(9, received.Sum("dotnet.exceptions"));
        Assert.Equal(3, received.Sum("dotnet.exceptions", "error.type", "System.FormatException"));
        Assert.All(received.Last("dotnet.gc.collections"), point => Assert.Equal("Busy", point["process.executable.name"]));
    }

    private static string Metadata(string key) => typeof(ExportTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;

    private static void AssertScopeAndResource(Received received, string service)
    {
        foreach (ReceivedSpan span in received.Spans)
        {
            Assert.Equal("ForkFollow", span.Scope.GetProperty("name").GetString());
            Assert.Matches(@"^\d+\.\d+\.\d+$", span.Scope.GetProperty("version").GetString());
            Assert.Equal(service, Received.Attribute(span.Resource, "service.name"));
            Assert.Equal("opentelemetry", Received.Attribute(span.Resource, "telemetry.sdk.name"));
        }
    }

    private void AssertMetrics(Received received)
    {
        List<JsonElement> usages = [.. _run.Processes.Select(process => process.GetProperty("rusage"))];
        double Total(string key) => usages.Sum(usage => usage.GetProperty(key).ValueKind == JsonValueKind.Null ? 0 : usage.GetProperty(key).GetInt64());
        Assert.Equal(Total("userNs") / 1e9, received.Sum("process.cpu.time", "cpu.mode", "user"), 6);
        Assert.Equal(Total("systemNs") / 1e9, received.Sum("process.cpu.time", "cpu.mode", "system"), 6);
        Assert.Equal(Total("minorFaults"), received.Sum("process.paging.faults", "system.paging.fault.type", "minor"));
        Assert.Equal(Total("majorFaults"), received.Sum("process.paging.faults", "system.paging.fault.type", "major"));
        Assert.Equal(Total("voluntarySwitches"), received.Sum("process.context_switches", "process.context_switch.type", "voluntary"));
        JsonElement follower = _run.Tree.GetProperty("follower");
        Assert.Equal(_run.Processes.Count, received.Sum("forkfollow.processes"));
        Assert.Equal(_run.Processes.Count, received.Sum("forkfollow.process.ended"));
        Assert.Equal(_run.Processes.Count, received.Sum("forkfollow.telemetry.spans", "forkfollow.telemetry.outcome", "delivered"));
        Assert.Equal(follower.GetProperty("births").GetDouble(), received.Sum("forkfollow.births"));
        Assert.Equal(follower.GetProperty("execs").GetDouble(), received.Sum("forkfollow.execs"));
        Assert.Equal(follower.GetProperty("stops").GetDouble(), received.Sum("forkfollow.stops"));
        Assert.True(received.Sum("forkfollow.stop.held") > 0);
        Assert.Equal(0, received.Sum("forkfollow.processes.alive"));
        Assert.All(received.Last("process.cpu.time"), point => Assert.Equal("s", point.Unit));
    }
}

/// <summary>The SDK knows one scope of our name in a process, and receivers and storms want the machine's CPUs: one at a time.</summary>
[CollectionDefinition("otlp", DisableParallelization = true)]
public sealed class OtlpCollection;
