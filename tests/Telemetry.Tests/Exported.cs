using System.Diagnostics;
using System.Net;
using ForkFollow.Results;
using ForkFollow.Service;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ForkFollow.Telemetry.Tests;

/// <summary>
/// Exports runs into memory, to look at the shape of what is exported: no receiver, no socket. Spans go to the OTLP exporter
/// too, since what was delivered is known from it alone; its HTTP client answers itself.
/// </summary>
internal sealed class Exported : IDisposable
{
    private const string Endpoint = "http://nowhere.invalid:4318";

    private readonly ServiceProvider _services;
    private readonly ProcessTelemetry.Exporters _exporters;

    /// <param name="options">What is exported and how.</param>
    /// <param name="traces">More for the provider of spans.</param>
    internal Exported(TelemetryOptions? options = null, Action<TracerProviderBuilder>? traces = null)
    {
        OtelSettings settings = OtelSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(
            [new("OTEL_EXPORTER_OTLP_ENDPOINT", Endpoint), new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]).Build());
        var services = new ServiceCollection();
        services.AddOpenTelemetry()
            .WithTracing(builder =>
            {
                builder.AddSource(ProcessTelemetry.ScopeName).AddInMemoryExporter(Spans);
                traces?.Invoke(builder);
                builder.AddOtlpExporter(exporter =>
                {
                    exporter.ExportProcessorType = ExportProcessorType.Simple;
                    exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                    exporter.Endpoint = new(Endpoint + "/v1/traces");
                    exporter.HttpClientFactory = () => new(new Accepting());
                });
            })
            .WithMetrics(builder => builder.AddMeter(ProcessTelemetry.ScopeName).AddInMemoryExporter(Metrics))
            .WithLogging(builder => builder.AddProcessor(new LedgerContext()).AddInMemoryExporter(Logs));
        _services = services.BuildServiceProvider();
        _exporters = new(
            settings, options ?? new(), _services.GetRequiredService<TracerProvider>(), _services.GetRequiredService<MeterProvider>(),
            _services.GetRequiredService<LoggerProvider>(), _services.GetServices<ILoggerProvider>().OfType<OpenTelemetryLoggerProvider>().Single(),
            portion: 512);
    }

    /// <summary>Those that have ended; complete at the end of a run.</summary>
    internal List<Activity> Spans { get; } = [];

    internal List<MetricSnapshot> Metrics { get; } = [];

    internal List<LogRecord> Logs { get; } = [];

    public void Dispose()
    {
        _exporters.Shutdown(Wait.Limit);
        _services.Dispose();
    }

    /// <summary>Reads a run when the test says so: the product's loop, which does it otherwise, is not there.</summary>
    internal RunReader Read(LiveRun run) => new(_exporters, run);

    /// <summary>Exports a run that is over, as the product does.</summary>
    internal async Task<Exported> TakeAsync(LiveRun run)
    {
        await using var export = new TelemetryRun(_exporters, run);
        await Wait.For(export.EndAsync(), "the end of the export");
        return this;
    }

    /// <summary>The span of a process, by its number in the run.</summary>
    internal Activity Of(LiveProcess process) => Assert.Single(Spans, span => (int)span.GetTagItem("forkfollow.process.id")! == process.Id);

    /// <summary>The sums of a metric when it was last exported, or the counts of a histogram, where an attribute has a value.</summary>
    internal double Sum(string metric, string? attribute = null, string? value = null) =>
        Points(metric).Where(point => attribute is null || Attribute(point, attribute) == value).Sum(point => SumOf(metric, point));

    internal IReadOnlyList<MetricPoint> Points(string metric) => Find(metric).MetricPoints;

    internal string UnitOf(string metric) => Find(metric).Unit;

    internal static string? Attribute(MetricPoint point, string name)
    {
        foreach (KeyValuePair<string, object?> tag in point.Tags)
        {
            if (tag.Key == name)
                return tag.Value?.ToString();
        }

        return null;
    }

    private MetricSnapshot Find(string metric)
    {
        MetricSnapshot? found = Metrics.FindLast(one => one.Name == metric);
        Assert.True(found is not null, $"there is no {metric} among {string.Join(", ", Metrics.Select(one => one.Name).Distinct())}");
        return found;
    }

    private double SumOf(string metric, MetricPoint point) => Find(metric).MetricType switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
        _ => point.GetHistogramCount(),
    };

    /// <summary>A server without a network.</summary>
    private sealed class Accepting : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            new(HttpStatusCode.OK) { RequestMessage = request, Content = new ByteArrayContent([]) };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Send(request, cancellationToken));
    }
}
