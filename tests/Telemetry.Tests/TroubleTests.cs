using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using ForkFollow.Tests.Otlp;

namespace ForkFollow.Telemetry.Tests;

/// <summary>An endpoint that is down, slow or hostile costs the workload nothing; what is lost is counted, and told once.</summary>
[Collection("otlp")]
public sealed partial class TroubleTests : IDisposable
{
    private readonly Command _run = new();

    public void Dispose() => _run.Dispose();

    [SkippableFact]
    public async Task An_endpoint_that_is_down_during_a_storm_and_comes_up_gets_all_that_was_not_tried_before()
    {
        const int Each = 2000;
        int port = FreePort();
        string storm = "i=0; while [ $i -lt 2000 ]; do /bin/true || exit 9; i=$((i+1)); done; ";
        _run.Start(
            Variables(port, "http/protobuf"), "--collect", "none", "--", "sh", "-c",
            storm + "touch half; read go; " + storm + "exit 7");
        await Wait.UntilAsync(() => File.Exists(Path.Combine(_run.Folder, "half")), "half of the storm");
        await using Receiver receiver = await Receiver.StartAsync(httpPort: port);
        await _run.Input.WriteLineAsync("go");
        await _run.Input.FlushAsync();
        Ended ended = await _run.EndAsync();
        Received received = await receiver.EndAsync();

        Assert.Equal(7, ended.Status);
        Assert.Equal((2 * Each) + 2, _run.Processes.Count); // the shell and touch besides
        string line = Assert.Single(_run.Ledger);
        Match told = Loss().Match(line);
        Assert.True(told.Success, line);
        int lost = int.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal(_run.Processes.Count, int.Parse(told.Groups[2].Value, CultureInfo.InvariantCulture));
        Assert.InRange(lost, 1, 600); // the first portion, and one for each time that it was looked whether it is up
        Assert.Equal(_run.Processes.Count - lost, received.Spans.Count);
        Assert.Equal(received.Spans.Count, received.Spans.DistinctBy(span => span.Id).Count());
        Assert.Equal(lost, received.Sum("forkfollow.telemetry.spans", "forkfollow.telemetry.outcome", "lost"));
        Assert.Equal(_run.Processes.Count, received.Sum("forkfollow.processes"));
        Assert.DoesNotContain("spans of processes", ended.Errors.Replace(line, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("refuse", "http/protobuf")]
    [InlineData("refuse", "grpc")]
    [InlineData("hang", "http/protobuf")]
    [InlineData("hang", "grpc")]
    public async Task An_endpoint_that_refuses_or_hangs_changes_no_exit_status_and_holds_up_the_end_for_some_seconds_at_most(
        string mode, string protocol)
    {
        await using Receiver receiver = await Receiver.StartAsync(mode);
        Ended ended = await _run.RunAsync(
            receiver.Variables(protocol), "--collect", "none", "--", "sh", "-c", "/bin/true; /bin/true; exit 3");
        Received received = await receiver.EndAsync();

        Assert.Equal(3, ended.Status);
        Assert.True(ended.Took < TimeSpan.FromSeconds(20), $"took {ended.Took}");
        Assert.Empty(received.Spans);
        Assert.StartsWith("3 of 3 spans of processes and metrics did not reach http://127.0.0.1:", Assert.Single(_run.Ledger), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_slow_endpoint_gets_all()
    {
        await using Receiver receiver = await Receiver.StartAsync("slow");
        Ended ended = await _run.RunAsync(
            receiver.Variables(), "--collect", "none", "--", "sh", "-c", "i=0; while [ $i -lt 1500 ]; do /bin/true; i=$((i+1)); done");
        Received received = await receiver.EndAsync();

        Assert.Equal(0, ended.Status);
        Assert.Empty(_run.Ledger);
        SpanTree.AssertSame(_run, received.Spans);
    }

    [Fact]
    public async Task Nothing_of_an_endpoint_is_told_that_may_be_secret()
    {
        Dictionary<string, string> variables = Variables(FreePort(), "grpc");
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = variables["OTEL_EXPORTER_OTLP_ENDPOINT"].Replace("//", "//user:pass@", StringComparison.Ordinal);
        Ended ended = await _run.RunAsync(variables, "--collect", "none", "--", "sh", "-c", "exit 4");

        Assert.Equal(4, ended.Status);
        Assert.DoesNotContain("pass@", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("user", Assert.Single(_run.Ledger), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(\d+) of (\d+) spans of processes did not reach http://127\.0\.0\.1:\d+ \(Connection refused")]
    private static partial Regex Loss();

    private static Dictionary<string, string> Variables(int port, string protocol) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{port}",
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
