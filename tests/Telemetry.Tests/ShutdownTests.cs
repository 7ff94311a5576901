using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ForkFollow.Results;
using ForkFollow.Service;
using ForkFollow.Tests.Otlp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ForkFollow.Telemetry.Tests;

/// <summary>The end of a host: what a run has to tell is sent first, then the providers are ended, by us; then they are disposed.</summary>
[Collection("otlp")]
public sealed class ShutdownTests : IDisposable
{
    /// <summary>Shuts a provider down within two seconds; the SDK's own disposal would give each five.</summary>
    private const int OurLimit = 2_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
    private readonly ConcurrentQueue<string> _told = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task A_host_that_is_stopped_in_the_middle_of_a_run_sends_all_of_it_before_its_providers_end()
    {
        Machine.Need(Machine.Attach);
        await using Receiver receiver = await Receiver.StartAsync();
        using Started shell = Orphan.Begin("while :; do /bin/true; done", out int pid);
        using (IHost host = MakeHost($"http://127.0.0.1:{receiver.HttpPort}", pid, TimeSpan.FromSeconds(30)))
        {
            FollowedRun run = await StartAsync(host);
            await Wait.UntilAsync(() => run.Results.Count > 100, "a hundred processes");
            run.Results.Note("told on purpose");
            await Wait.For(host.StopAsync(), "the end of the host");
            _told.Enqueue("stopped");
        }

        Received received = await receiver.EndAsync();
        RecordedRun tree = TreeFile.Read(Path.Combine(_folder, "out", TreeFile.Name));
        Assert.Equal(["told on purpose"], tree.Ledger.Select(note => note.Text));
        Assert.Equal(tree.Processes.Select(process => process.Id), received.Spans.Select(span => span.ProcessId).Order());
        Assert.Equal("detached", received.Spans.Single(span => span.ProcessId == 1)["forkfollow.process.end"]);
        Assert.Equal(tree.Processes.Count, received.Sum("forkfollow.processes"));
        Assert.Equal(tree.Processes.Count, received.Sum("forkfollow.process.ended"));
        Assert.Equal(tree.Processes.Count, received.Sum("forkfollow.telemetry.spans", "forkfollow.telemetry.outcome", "delivered"));
        Assert.Equal(0, received.Sum("forkfollow.processes.alive"));
        JsonElement record = Assert.Single(LedgerOf(received));
        Assert.Equal("told on purpose", record.GetProperty("body").GetProperty("stringValue").GetString());
        Assert.Equal(received.Spans.Single(span => span.ProcessId == 1).Id, record.GetProperty("spanId").GetString());
        AssertOrder(tree.Processes.Count);
    }

    [SkippableFact]
    public async Task A_run_that_ends_with_its_target_is_sent_the_same_way()
    {
        Machine.Need(Machine.Attach);
        await using Receiver receiver = await Receiver.StartAsync();
        using Started shell = Orphan.Begin("read line; /bin/true; (exit 3); exit 4", out int pid);
        using (IHost host = MakeHost($"http://127.0.0.1:{receiver.HttpPort}", pid, TimeSpan.FromSeconds(30)))
        {
            FollowedRun run = await StartAsync(host);
            run.Results.Note("told on purpose");
            await shell.StandardInput.WriteLineAsync("go");
            await Wait.For(host.WaitForShutdownAsync(), "the end of the host"); // nobody is left: it stops by itself
            _told.Enqueue("stopped");
        }

        Received received = await receiver.EndAsync();
        Assert.Equal([1, 2, 3], received.Spans.Select(span => span.ProcessId).Order());
        Assert.Equal("4", received.Spans.Single(span => span.ProcessId == 1)["process.exit.code"]);
        Assert.Equal(3, received.Sum("forkfollow.process.ended"));
        Assert.Single(LedgerOf(received));
        AssertOrder(3);
    }

    /// <summary>It takes connections and never answers: the kernel does so for a socket that listens.</summary>
    [SkippableTheory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task An_endpoint_that_does_not_answer_holds_the_end_no_longer_than_we_say(string protocol)
    {
        Machine.Need(Machine.Attach);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using Started shell = Orphan.Begin("read line; (exit 3); read line", out int pid);
        IHost host = MakeHost($"http://{silent.LocalEndpoint}", pid, TimeSpan.FromSeconds(1), protocol);
        FollowedRun run = await StartAsync(host);
        await shell.StandardInput.WriteLineAsync("go");
        await Wait.UntilAsync(() => run.Results.Count == 2, "a child");
        run.Results.Note("told on purpose");
        long begun = Stopwatch.GetTimestamp();
        await Wait.For(host.StopAsync(), "the end of the host");
        TimeSpan stopped = Stopwatch.GetElapsedTime(begun);
        await Wait.For(Task.Run(host.Dispose), "the disposal of the host");
        TimeSpan disposed = Stopwatch.GetElapsedTime(begun);

        // FlushTimeout and the second of grace; then two seconds for all providers. The SDK alone would take five for each
        // of three. The rest is for a busy machine.
        Assert.True(stopped < TimeSpan.FromSeconds(1 + 1 + 10), $"stopped after {stopped}");
        Assert.True(disposed - stopped < TimeSpan.FromSeconds(2 + 10), $"disposed {disposed - stopped} later");
        RecordedRun tree = TreeFile.Read(Path.Combine(_folder, "out", TreeFile.Name));
        Assert.Equal(2, tree.Processes.Count);
        Assert.Equal(2, tree.Ledger.Count); // what was told, and that something was not sent
        Assert.Contains("results on disk are complete", tree.Ledger[1].Text, StringComparison.Ordinal);
    }

    /// <summary>Nobody listens. (Where somebody does and is silent, our limit may be over before the SDK comes to the host's own readers.)</summary>
    [Fact]
    public async Task Providers_that_never_had_a_run_end_in_the_same_order()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        EndPoint endpoint = closed.LocalEndpoint;
        closed.Stop();
        IHost host = MakeHost($"http://{endpoint}", 1, TimeSpan.FromSeconds(1));
        _ = host.Services.GetRequiredService<ProcessTelemetry>();
        await Wait.For(Task.Run(host.Dispose), "the disposal of the host");
        AssertEnds([.. _told]);
    }

    private async Task<FollowedRun> StartAsync(IHost host)
    {
        await Wait.For(host.StartAsync(), "the start of the host");
        return await Wait.For(host.Services.GetRequiredService<Listener>().Begun.Task, "the beginning of the run");
    }

    /// <summary>The host logs the same way.</summary>
    private static IEnumerable<JsonElement> LedgerOf(Received received) =>
        received.Logs.Where(record => Received.Attribute(record, "forkfollow.ledger.kind") is not null);

    /// <summary>Spans, records and metrics come before the first end of a provider, and all ends after the host's stop.</summary>
    private void AssertOrder(int spans)
    {
        string[] told = [.. _told];
        int stopped = Array.IndexOf(told, "stopped");
        Assert.Equal(spans, told[..stopped].Count(one => one == "span"));
        Assert.Single(told[..stopped], "record");
        Assert.Equal("metrics", told[..stopped].Last(one => one is "span" or "metrics")); // once more, behind the last span
        Assert.DoesNotContain(told[..stopped], one => one.Contains("end", StringComparison.Ordinal));
        Assert.DoesNotContain(told[stopped..], one => one is "span" or "record");
        AssertEnds(told[stopped..]);
    }

    /// <summary>Each provider is shut down with our limit, all before the first is disposed; each once.</summary>
    private static void AssertEnds(string[] told)
    {
        string[] ends = [.. told.Where(one => one is not ("span" or "record" or "metrics" or "stopped"))];
        Assert.Equal(["logs end", "metrics end", "spans end"], ends[..3].Order());
        Assert.Equal(["logs disposed", "metrics disposed", "spans disposed"], ends[3..].Order());
    }

    private IHost MakeHost(string endpoint, int pid, TimeSpan flush, string protocol = "http/protobuf")
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
            [new("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), new("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)]);
        builder.Services.AddSingleton<Listener>();
        builder.Services.AddForkFollow(options =>
        {
            options.Pids = [pid];
            options.Output = Path.Combine(_folder, "out");
            options.Collect = [];
            options.Formats = [];
            options.Telemetry.FlushTimeout = flush;
        }).AddListener<Listener>().AddTelemetry(builder.Configuration);
        builder.Services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddProcessor(new Witness<Activity>("span", _told)));
        builder.Services.ConfigureOpenTelemetryLoggerProvider(logs => logs.AddProcessor(new Witness<LogRecord>("record", _told)));
        builder.Services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddReader(
            new PeriodicExportingMetricReader(new MetricWitness(_told), Timeout.Infinite)));
        return builder.Build();
    }

    /// <summary>Whoever shuts a provider down gives a limit: ours is not the SDK's.</summary>
    private static string EndOf(string what, int limit) => limit is >= 0 and <= OurLimit ? $"{what} end" : $"{what} end within {limit}";

    private sealed class Witness<T>(string what, ConcurrentQueue<string> told) : BaseProcessor<T>
    {
        private readonly string _all = what == "span" ? "spans" : "logs";

        public override void OnEnd(T data)
        {
            if (data is Activity or LogRecord { CategoryName: LedgerLog.Category })
                told.Enqueue(what);
        }

        protected override bool OnShutdown(int timeoutMilliseconds)
        {
            told.Enqueue(EndOf(_all, timeoutMilliseconds));
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            told.Enqueue(_all + " disposed");
            base.Dispose(disposing);
        }
    }

    private sealed class MetricWitness(ConcurrentQueue<string> told) : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch)
        {
            told.Enqueue("metrics");
            return ExportResult.Success;
        }

        protected override bool OnShutdown(int timeoutMilliseconds)
        {
            told.Enqueue(EndOf("metrics", timeoutMilliseconds));
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            told.Enqueue("metrics disposed");
            base.Dispose(disposing);
        }
    }

    private sealed class Listener : IRunListener
    {
        internal TaskCompletionSource<FollowedRun> Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Began(FollowedRun run) => Begun.SetResult(run);
    }
}
