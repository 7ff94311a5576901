using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using ForkFollow.Results;
using ForkFollow.Results.Tests;
using ForkFollow.Service;
using ForkFollow.Tests.Otlp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ForkFollow.Telemetry.Tests;

/// <summary>Telemetry as a service of a host: its configuration, its providers, several runs, other users of the SDK.</summary>
[Collection("otlp")]
public sealed class HostTests
{
    [Fact]
    public async Task Without_an_endpoint_there_is_no_SDK_and_a_run_costs_nothing()
    {
        foreach ((string, string)[] settings in ((string, string)[][])[[], [("OTEL_SDK_DISABLED", "true"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]])
        {
            var services = new ServiceCollection();
            services.AddForkFollow(options => options.Pids = [1]).AddTelemetry(Configuration(settings));
            Assert.DoesNotContain(services, one => one.ServiceType == typeof(TracerProvider) || one.ServiceType == typeof(MeterProvider));
            await using ServiceProvider provider = services.BuildServiceProvider();
            Assert.Empty(provider.GetServices<IRunExporter>());
        }
    }

    [Theory]
    [InlineData("OpenTelemetry:Exporter:Otlp:Endpoint", true, true)]
    [InlineData("OpenTelemetry:OTEL_EXPORTER_OTLP_ENDPOINT", true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", true, true)]
    [InlineData("OpenTelemetry:Exporter:Otlp:Traces:Endpoint", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", false, true)]
    [InlineData("OpenTelemetry:ServiceName", false, false)]
    public void An_endpoint_is_found_wherever_it_may_be_and_a_signal_without_one_is_off(string key, bool traces, bool metrics)
    {
        OtelSettings settings = OtelSettings.Read(Configuration((key, "http://127.0.0.1:1")));
        Assert.Equal(traces, settings.Sends(Signal.Traces));
        Assert.Equal(metrics, settings.Sends(Signal.Metrics));
        Assert.Equal(traces || metrics, settings.IsOn);
    }

    [Fact]
    public async Task An_endpoint_that_is_none_is_a_fault_of_the_options_at_the_start()
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
            [new("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost"), new("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke")]);
        builder.Services.AddForkFollow(options => options.Pids = [1]).AddTelemetry(builder.Configuration);
        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            using IHost host = builder.Build();
            await host.StartAsync();
        });
        Assert.Equal(
            [
                "OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost' is no address; it takes http://HOST:PORT or https://HOST:PORT",
                "OTEL_EXPORTER_OTLP_PROTOCOL: there is no 'smoke' here; it takes grpc or http/protobuf",
            ],
            e.Failures);
    }

    [Fact]
    public void A_signal_can_be_switched_off()
    {
        OtelSettings settings = OtelSettings.Read(Configuration(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OpenTelemetry:Traces:Exporter", "none")));
        Assert.False(settings.Sends(Signal.Traces));
        Assert.True(settings.Sends(Signal.Metrics));
    }

    [Fact]
    public void The_name_of_the_service_and_its_attributes_are_the_users()
    {
        using IHost named = MakeHost(
            "http://127.0.0.1:1", _ => { }, ("OTEL_SERVICE_NAME", "night-build"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci"));
        Assert.Equal(("night-build", "ci"), (ResourceOf(named, "service.name"), ResourceOf(named, "deployment.environment.name")));
        using IHost unnamed = MakeHost("http://127.0.0.1:1", _ => { });
        Assert.Equal("forkfollow", ResourceOf(unnamed, "service.name"));
    }

    [SkippableFact]
    public async Task Several_runs_of_one_host_are_each_a_trace()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using (IHost host = MakeHost(Address(receiver), _ => { }, ("OpenTelemetry:ServiceName", "night")))
        {
            ProcessTelemetry telemetry = host.Services.GetRequiredService<ProcessTelemetry>();
            LiveRun[] runs = [.. Enumerable.Range(0, 3).Select(_ => TwoProcesses())];
            await Task.WhenAll(runs.Select(run => ExportAsync(telemetry, run))); // at the same time
            Assert.All(runs, run => Assert.Empty(run.Ledger));
        }

        Received received = await receiver.EndAsync();
        Assert.Equal(6, received.Spans.Count);
        Assert.Equal(3, received.Spans.Select(span => span.Trace).Distinct().Count());
        Assert.Equal(6, received.Sum("forkfollow.processes"));
        Assert.Equal("night", Received.Attribute(received.Spans[0].Resource, "service.name"));
    }

    [SkippableFact]
    public async Task A_series_for_each_pid_stays_within_the_limit_since_differences_are_sent()
    {
        const int Processes = 1500;
        await using Receiver receiver = await Receiver.StartAsync();
        using (IHost host = MakeHost(Address(receiver), _ => { }, ("ForkFollow:Telemetry:PidAttribute", "true")))
        {
            var run = new MadeRun();
            for (int i = 0; i < Processes; i++)
                run.Begin().Exec("/bin/true").End(usage: new(1, 1, 1, 1, 1, 1, 1));
            await ExportAsync(host.Services.GetRequiredService<ProcessTelemetry>(), run);
            Assert.Empty(run.Ledger);
        }

        Received received = await receiver.EndAsync();
        List<ReceivedPoint> points = [.. received.Metrics.SelectMany(request => request)];
        Assert.All(points, point => Assert.Null(point["otel.metric.overflow"]));
        List<ReceivedPoint> ended = [.. points.Where(point => point.Metric == "forkfollow.process.ended")];
        Assert.Equal(Processes, ended.Sum(point => point.Value));
        Assert.Equal(Processes, ended.Select(point => point["process.pid"]).Distinct().Count());
        Assert.All(ended, point => Assert.Equal("AGGREGATION_TEMPORALITY_DELTA", point.Temporality));
    }

    [SkippableFact]
    public async Task What_a_collector_adds_to_a_process_is_an_attribute_and_an_event_of_its_own_name()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using (IHost host = MakeHost(Address(receiver), _ => { }))
        {
            var run = new MadeRun();
            MadeProcess process = run.Begin();
            process.SetValue("adding.mode", "fast");
            process.SetValue("adding.wait", 0.25, "s");
            process.SetTable(new("adding.rules", [new("rule"), new("runs", "{run}")], [["all", 1], ["x.o", 2]]));
            process.End();
            await ExportAsync(host.Services.GetRequiredService<ProcessTelemetry>(), run);
        }

        ReceivedSpan span = Assert.Single((await receiver.EndAsync()).Spans);
        Assert.Equal("fast", span["adding.mode"]);
        JsonElement wait = span.Data.GetProperty("attributes").EnumerateArray().Single(one => one.GetProperty("key").GetString() == "adding.wait");
        Assert.Equal(0.25, wait.GetProperty("value").GetProperty("doubleValue").GetDouble());
        JsonElement table = Assert.Single(span.Events, one => one.GetProperty("name").GetString() == "adding.rules");
        Assert.Equal(["rule", "runs"], table.GetProperty("attributes").EnumerateArray().Select(one => one.GetProperty("key").GetString()));
        Assert.Equal(span.Data.GetProperty("endTimeUnixNano").GetString(), table.GetProperty("timeUnixNano").GetString());
    }

    /// <summary>A host may use the SDK itself, before or after it adds us: there is one set of providers, and all goes the same way.</summary>
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_that_uses_the_SDK_itself_has_its_own_and_ours(bool first)
    {
        await using Receiver receiver = await Receiver.StartAsync();
        var spans = new List<Activity>();
        var metrics = new List<MetricSnapshot>();
        using var source = new ActivitySource("Shop");
        using var meter = new Meter("Shop");
        Counter<long> sales = meter.CreateCounter<long>("shop.sales");
        void Add(IServiceCollection services) => services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("shop"))
            .WithTracing(builder => builder.AddSource("Shop").AddInMemoryExporter(spans))
            .WithMetrics(builder => builder.AddMeter("Shop").AddInMemoryExporter(metrics))
            .WithLogging();
        using (IHost host = MakeHost(Address(receiver), Add, first))
        {
            ProcessTelemetry telemetry = host.Services.GetRequiredService<ProcessTelemetry>();
            Assert.Equal("shop", ResourceOf(host, "service.name"));
            Assert.Single(host.Services.GetServices<TracerProvider>());
            LiveRun run = TwoProcesses();
            run.Note("told on purpose");
            source.StartActivity("sell")!.Dispose();
            sales.Add(7);
            await ExportAsync(telemetry, run);
            Assert.Single(run.Ledger);
        }

        Received received = await receiver.EndAsync();
        Assert.Equal(["false", "sell", "sh"], received.Spans.Select(span => span.Name).Order());
        Assert.All(received.Spans, span => Assert.Equal("shop", Received.Attribute(span.Resource, "service.name")));
        Assert.Equal(2, received.Sum("forkfollow.processes"));
        Assert.Single(received.Logs);
        Assert.Equal(["false", "sell", "sh"], spans.Select(span => span.DisplayName).Order());
        Assert.Equal(7, metrics.Last(metric => metric.Name == "shop.sales").MetricPoints.Single().GetSumLong());
        Assert.Contains(metrics, metric => metric.Name == "forkfollow.processes");
    }

    private static MadeRun TwoProcesses()
    {
        var run = new MadeRun(["sh"]);
        MadeProcess shell = run.Begin(origin: "launched").Exec("/bin/sh");
        run.Begin(shell).Exec("/bin/false").End(new(1));
        shell.End(new(2));
        return run;
    }

    private static async Task ExportAsync(ProcessTelemetry telemetry, LiveRun run)
    {
        await using IRunExport export = telemetry.Begin(run);
        await Wait.For(export.EndAsync(), "the end of the export");
    }

    private static object? ResourceOf(IHost host, string attribute) => host.Services.GetRequiredService<TracerProvider>()
        .GetResource().Attributes.SingleOrDefault(one => one.Key == attribute).Value;

    private static string Address(Receiver receiver) => $"http://127.0.0.1:{receiver.HttpPort}";

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value))).Build();

    private static IHost MakeHost(string endpoint, Action<IServiceCollection> more, params (string Key, string Value)[] settings) =>
        MakeHost(endpoint, more, first: false, settings);

    private static IHost MakeHost(
        string endpoint, Action<IServiceCollection> more, bool first, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
            settings.Append(("OpenTelemetry:Exporter:Otlp:Endpoint", endpoint)).Append(("OpenTelemetry:Exporter:Otlp:Protocol", "http/protobuf"))
                .Select(one => KeyValuePair.Create(one.Item1, (string?)one.Item2)));
        if (first)
            more(builder.Services);
        builder.Services.AddForkFollow(options => options.Pids = [1]).AddTelemetry(builder.Configuration); // never started
        if (!first)
            more(builder.Services);
        return builder.Build();
    }
}
