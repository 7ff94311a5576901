using ForkFollow.Service;
using Microsoft.Extensions.Configuration;

namespace ForkFollow.Telemetry;

/// <summary>Adds the export through OpenTelemetry to what <c>AddForkFollow</c> has registered.</summary>
public static class ForkFollowTelemetry
{
    /// <summary>What is wrong with the OTEL_* settings of a configuration and the environment, a line each; empty if none is set.</summary>
    public static IEnumerable<string> FindFaults(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        OtelSettings settings = OtelSettings.Read(configuration);
        return settings.IsOn ? settings.FindFaults() : [];
    }

    /// <summary>
    /// Adds the export through OpenTelemetry (docs/opentelemetry.md), if an OTLP endpoint is set: in an OTEL_* variable of the
    /// environment, a key of that name, or the section <c>OpenTelemetry</c> of the configuration. If none is, nothing is added.
    /// <para>The SDK's providers are the host's: <c>services.ConfigureOpenTelemetryTracerProvider(…)</c> and its like, before
    /// or after this call, add sources, processors and resources of your own. UseOtlpExporter may not be called again.</para>
    /// </summary>
    /// <param name="builder">What <c>AddForkFollow</c> has returned.</param>
    /// <param name="configuration">The host's configuration; OTEL_* keys are added to it, since the SDK looks there.</param>
    public static ForkFollowBuilder AddTelemetry(this ForkFollowBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);
        TelemetryServices.Add(builder.Services, configuration);
        return builder;
    }
}
