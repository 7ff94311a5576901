using ForkFollow.Service.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the export of runs to a host.</summary>
public static class TelemetryServices
{
    /// <summary>
    /// Adds <see cref="ProcessTelemetry"/>, and the OpenTelemetry SDK with its OTLP exporter if an endpoint is set: in an
    /// OTEL_* variable of the environment, a key of that name, or the section <c>OpenTelemetry</c> of the configuration. If
    /// none is, nothing but a <see cref="ProcessTelemetry"/> that does nothing.
    /// <para>The SDK's providers are the host's: <c>services.ConfigureOpenTelemetryTracerProvider(…)</c> and its like, before
    /// or after this call, add sources, processors and resources of your own. UseOtlpExporter may not be called again.</para>
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration; OTEL_* keys are added to it, since the SDK looks there.</param>
    public static IServiceCollection AddForkFollowTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.Configure<TelemetryOptions>(configuration.GetSection(TelemetryOptions.Section));
        OtelSettings settings = OtelSettings.Read(configuration);
        if (settings.IsOn)
            AddSdk(services, configuration, settings);
        else
            services.TryAddSingleton(ProcessTelemetry.Off);
        return services;
    }

    private static void AddSdk(IServiceCollection services, IConfiguration configuration, OtelSettings settings)
    {
        settings.Publish(configuration);
        services.TryAddSingleton(configuration);
        IOpenTelemetryBuilder builder = new HostOpenTelemetryBuilder(services);
        builder.ConfigureResource(resource => NameService(resource, settings)).UseOtlpExporter();
        if (settings.Sends(Signal.Traces))
            services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddSource(ProcessTelemetry.ScopeName));
        if (settings.Sends(Signal.Metrics))
            services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddMeter(ProcessTelemetry.ScopeName));
        services.ConfigureOpenTelemetryLoggerProvider(logs => logs.AddProcessor(new LedgerContext()));

        // The follower logs each stop on request (-v), on the tracer thread. What is worth telling is in the ledger.
        services.AddLogging(logging => logging.AddFilter<OpenTelemetryLoggerProvider>("ForkFollow", LogLevel.None));
        services.AddOptions<MetricReaderOptions>().PostConfigure<IOptions<TelemetryOptions>>((reader, options) =>
        {
            if (options.Value.PidAttribute)
                reader.TemporalityPreference = MetricReaderTemporalityPreference.Delta;
        });
        services.TryAddSingleton(provider => Make(provider, settings));
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
            provider.GetRequiredService<IOptions<TelemetryOptions>>().Value,
            provider.GetRequiredService<TracerProvider>(),
            provider.GetRequiredService<MeterProvider>(),
            provider.GetRequiredService<LoggerProvider>(),
            provider.GetServices<ILoggerProvider>().OfType<OpenTelemetryLoggerProvider>().FirstOrDefault(),
            portion: Math.Min(batch.MaxExportBatchSize, batch.MaxQueueSize));
    }

    private sealed class HostOpenTelemetryBuilder(IServiceCollection services) : IOpenTelemetryBuilder
    {
        public IServiceCollection Services => services;
    }
}
