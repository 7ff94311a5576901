using System.Text.Json;
using ForkFollow.Tests.Otlp;

namespace ForkFollow.Telemetry.Tests;

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
        string own = "00-11111111111111111111111111111111-2222222222222222-01";

        // The sleep lives for a while: an environment can be read only while its process does.
        Ended ended = await _run.RunAsync(
            receiver.Variables(protocol), "--", "sh", "-c",
            "ls >/dev/null; (exit 3); sh -c 'kill -9 $$'; sh -c 'exec cat /dev/null'; (cat /etc/hosts | wc -l) >/dev/null; "
            + $"TRACEPARENT={own} sleep 0.5; echo $TRACEPARENT; exit 5");
        Received received = await receiver.EndAsync();

        Assert.Equal((5, "\n"), (ended.Status, ended.Output)); // without being asked we give the command no context
        Assert.Empty(_run.Ledger);
        Assert.All(received.Requests, one => Assert.Equal(protocol == "grpc" ? "grpc" : "http", one.GetProperty("protocol").GetString()));
        SpanTree.AssertSame(_run, received.Spans);
        Assert.Single(received.Spans.Select(span => span.Trace).Distinct());
        JsonElement link = Assert.Single(received.Spans.Single(span => span.Name == "sleep").Links);
        Assert.Equal(own, $"00-{link.GetProperty("traceId").GetString()}-{link.GetProperty("spanId").GetString()}-01");
        AssertScopeAndResource(received, "forkfollow");
        AssertMetrics(received);
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
