using ForkFollow.Service;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ForkFollow.Telemetry;

/// <summary>Adds the SDK and its OTLP exporter to the services of a host.</summary>
internal static class TelemetryServices
{
    /// <summary>Adds them if an endpoint is set.</summary>
    internal static void Add(IServiceCollection services, IConfiguration configuration)
    {
        OtelSettings settings = OtelSettings.Read(configuration);
        if (!settings.IsOn)
            return;
        foreach (string fault in settings.FindFaults())
            services.AddOptions<ForkFollowOptions>().Validate(_ => false, fault);
        AddSdk(services, configuration, settings);
    }

    private static void AddSdk(IServiceCollection services, IConfiguration configuration, OtelSettings settings)
    {
        settings.Publish(configuration);
        services.TryAddSingleton(configuration);
        services.AddOpenTelemetry().ConfigureResource(resource => NameService(resource, settings)).UseOtlpExporter();
        if (settings.Sends(Signal.Traces))
            services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddSource(ProcessTelemetry.ScopeName));
        if (settings.Sends(Signal.Metrics))
            services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddMeter(ProcessTelemetry.ScopeName));
        services.ConfigureOpenTelemetryLoggerProvider(logs => logs.AddProcessor(new LedgerContext()));

        // The follower logs each stop on request (-v), on the tracer thread. What is worth telling is in the ledger.
        services.AddLogging(logging => logging.AddFilter<OpenTelemetryLoggerProvider>("ForkFollow", LogLevel.None));
        services.AddOptions<MetricReaderOptions>().PostConfigure<IOptions<ForkFollowOptions>>((reader, options) =>
        {
            if (options.Value.Telemetry.PidAttribute)
                reader.TemporalityPreference = MetricReaderTemporalityPreference.Delta;
        });
        services.AddSingleton(provider => Make(provider, settings));
        services.AddSingleton<IRunExporter>(provider => provider.GetRequiredService<ProcessTelemetry>());
    }

    /// <summary>
    /// The name of last resort: OTEL_SERVICE_NAME, and what the host has configured before, stay. The resource as it is built
    /// here knows variables of the environment, but not yet the host's configuration: hence the settings.
    /// </summary>
    private static void NameService(ResourceBuilder resource, OtelSettings settings)
    {
        const string Name = "service.name";
        if (settings.NamesService)
            return;
        if (resource.Build().Attributes.All(
            one => one.Key != Name || one.Value is string value && value.StartsWith("unknown_service", StringComparison.Ordinal)))
        {
            resource.AddAttributes([new(Name, "forkfollow")]);
        }
    }

    /// <summary>
    /// The providers are resolved here, so that they are disposed behind us: our own end is quick, theirs would wait long for
    /// an endpoint that does not answer.
    /// </summary>
    private static ProcessTelemetry Make(IServiceProvider provider, OtelSettings settings)
    {
        var batch = provider.GetRequiredService<IOptionsMonitor<ActivityExportProcessorOptions>>().CurrentValue
            .BatchExportProcessorOptions;
        return ProcessTelemetry.Make(
            settings,
            provider.GetRequiredService<IOptions<ForkFollowOptions>>().Value.Telemetry,
            provider.GetRequiredService<TracerProvider>(),
            provider.GetRequiredService<MeterProvider>(),
            provider.GetRequiredService<LoggerProvider>(),
            provider.GetServices<ILoggerProvider>().OfType<OpenTelemetryLoggerProvider>().FirstOrDefault(),
            portion: Math.Min(batch.MaxExportBatchSize, batch.MaxQueueSize));
    }
}
