using System.Diagnostics;
using System.Text.Json;
using ForkFollow.Collectors;
using ForkFollow.Follower;
using ForkFollow.Telemetry;
using ForkFollow.Tests.Otlp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ForkFollow.Service.Tests.Telemetry;

/// <summary>Telemetry as a service of a host: its configuration, its providers, several runs.</summary>
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

    [SkippableFact]
    public async Task Several_runs_of_one_host_are_each_a_trace_and_the_users_own_spans_go_the_same_way()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using (var source = new ActivitySource("Shop"))
        using (IHost host = MakeHost(receiver, services => services
            .ConfigureOpenTelemetryTracerProvider(traces => traces.AddSource("Shop"))))
        {
            ProcessTelemetry telemetry = host.Services.GetRequiredService<ProcessTelemetry>();
            for (int i = 0; i < 3; i++)
                Assert.Empty((await FollowAsync(telemetry, "sh", "-c", "/bin/true; exit 2")).Ledger);
            source.StartActivity("sell")!.Dispose();
        }

        Received received = await receiver.EndAsync();
        List<ReceivedSpan> ours = [.. received.Spans.Where(span => span.Scope.GetProperty("name").GetString() == "ForkFollow")];
        Assert.Equal(6, ours.Count);
        Assert.Equal(3, ours.Select(span => span.Trace).Distinct().Count());
        Assert.Equal("sell", Assert.Single(received.Spans, span => !ours.Contains(span)).Name);
        Assert.Equal(6, received.Sum("forkfollow.processes"));
        Assert.Equal("night", Received.Attribute(ours[0].Resource, "service.name"));
    }

    [SkippableFact]
    public async Task A_series_for_each_pid_stays_within_the_limit_since_differences_are_sent()
    {
        const int Processes = 1500;
        await using Receiver receiver = await Receiver.StartAsync();
        using (IHost host = MakeHost(receiver, _ => { }, ("ForkFollow:Telemetry:PidAttribute", "true")))
        {
            ProcessTelemetry telemetry = host.Services.GetRequiredService<ProcessTelemetry>();
            FollowerFigures figures = await FollowAsync(
                telemetry, "sh", "-c", "i=0; while [ $i -lt 1500 ]; do /bin/true; i=$((i+1)); done");
            Assert.Empty(figures.Ledger);
        }

        Received received = await receiver.EndAsync();
        List<ReceivedPoint> points = [.. received.Metrics.SelectMany(request => request)];
        Assert.All(points, point => Assert.Null(point["otel.metric.overflow"]));
        List<ReceivedPoint> ended = [.. points.Where(point => point.Metric == "forkfollow.process.ended")];
        Assert.Equal(Processes + 1, ended.Sum(point => point.Value));
        Assert.Equal(Processes + 1, ended.Select(point => point["process.pid"]).Distinct().Count());
        Assert.All(ended, point => Assert.Equal("AGGREGATION_TEMPORALITY_DELTA", point.Temporality));
    }

    [SkippableFact]
    public async Task A_processor_of_the_hosts_that_throws_is_told_and_harms_no_run()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using IHost host = MakeHost(receiver, services => services
            .ConfigureOpenTelemetryTracerProvider(traces => traces.AddProcessor(new Throwing())));
        FollowerFigures figures = await FollowAsync(host.Services.GetRequiredService<ProcessTelemetry>(), "true");
        Assert.Contains("thrown on purpose", Assert.Single(figures.Ledger).Text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Processes_whose_collectors_take_long_to_close_have_their_spans_too()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using (IHost host = MakeHost(receiver, _ => { }))
        {
            FollowerFigures figures = await FollowAsync(
                host.Services.GetRequiredService<ProcessTelemetry>(), [new SlowCollector()],
                "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 0.05; done");
            Assert.Empty(figures.Ledger);
        }

        Assert.Equal(9, (await receiver.EndAsync()).Spans.Count);
    }

    [SkippableFact]
    public async Task What_a_collector_adds_to_a_process_is_an_attribute_and_an_event_of_its_own_name()
    {
        await using Receiver receiver = await Receiver.StartAsync();
        using (IHost host = MakeHost(receiver, _ => { }))
            await FollowAsync(host.Services.GetRequiredService<ProcessTelemetry>(), [new RusageCollector(), new AddingCollector()], "sh", "-c", "/bin/true; /bin/true");

        IReadOnlyList<ReceivedSpan> spans = (await receiver.EndAsync()).Spans;
        Assert.Equal(3, spans.Count);
        Assert.All(spans, one => Assert.Equal("fast", one["adding.mode"]));
        ReceivedSpan span = spans[0];
        JsonElement wait = span.Data.GetProperty("attributes").EnumerateArray().Single(one => one.GetProperty("key").GetString() == "adding.wait");
        Assert.Equal(0.25, wait.GetProperty("value").GetProperty("doubleValue").GetDouble());
        JsonElement table = Assert.Single(span.Events, one => one.GetProperty("name").GetString() == "adding.rules");
        Assert.Equal(["rule", "runs"], table.GetProperty("attributes").EnumerateArray().Select(one => one.GetProperty("key").GetString()));
        Assert.Equal(span.Data.GetProperty("endTimeUnixNano").GetString(), table.GetProperty("timeUnixNano").GetString());
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value))).Build();

    private static IHost MakeHost(Receiver receiver, Action<IServiceCollection> more, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(
            settings.Append(("OpenTelemetry:Exporter:Otlp:Endpoint", $"http://127.0.0.1:{receiver.HttpPort}"))
                .Append(("OpenTelemetry:Exporter:Otlp:Protocol", "http/protobuf"))
                .Append(("OpenTelemetry:ServiceName", "night"))
                .Select(one => KeyValuePair.Create(one.Item1, (string?)one.Item2)));
        builder.Services.AddForkFollow(options => options.Pids = [1]).AddTelemetry(builder.Configuration); // never started
        more(builder.Services);
        return builder.Build();
    }

    private static Task<FollowerFigures> FollowAsync(ProcessTelemetry telemetry, params string[] command) =>
        FollowAsync(telemetry, [new RusageCollector()], command);

    private static async Task<FollowerFigures> FollowAsync(
        ProcessTelemetry telemetry, IReadOnlyList<Collector> all, params string[] command)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var figures = new FollowerFigures();
        var results = new RunResults(command, figures);
        await using IRunExport run = telemetry.Begin(results);
        using (var collectors = new CollectorHost(results, all))
        {
            await using FollowSession session = await FollowSession.LaunchAsync(
                new() { Command = command, EnvironmentOverrides = run.LaunchEnvironment }, collectors, figures: figures);
            await session.Completion.WaitAsync(deadline.Token);
        }

        await run.EndAsync();
        return figures;
    }

    /// <summary>Has its results later than a process its end; the next collector's are later still.</summary>
    private sealed class SlowCollector(Collector? parent = null) : Collector(parent)
    {
        public override string Name => "slow";

        public override bool ClosesSlowly => true;

        protected override Collector MakeAlike() => new SlowCollector(this);

        protected override bool OnOpen(FollowedProcess process) => true;

        protected override void OnClose(ProcessResult result) => Thread.Sleep(100);
    }

    private sealed class AddingCollector(Collector? parent = null) : Collector(parent)
    {
        public override string Name => "adding";

        protected override Collector MakeAlike() => new AddingCollector(this);

        protected override bool OnOpen(FollowedProcess process) => true;

        protected override void OnClose(ProcessResult result)
        {
            result.SetValue("adding.mode", "fast");
            result.SetValue("adding.wait", 0.25, "s");
            result.SetTable(new("adding.rules", [new("rule"), new("runs", "{run}")], [["all", 1], ["x.o", 2]]));
        }
    }

    private sealed class Throwing : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data) => throw new InvalidOperationException("thrown on purpose");
    }
}
