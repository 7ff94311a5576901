using ForkFollow.Collectors.EventNames;
using Microsoft.Extensions.Configuration;

namespace ForkFollow.Host;

/// <summary>
/// The OTEL_* names of the specification (Environment Variable Specification and OTLP exporter, 1.45) that an exporter of traces,
/// metrics and logs can have a use for: to tell a misspelled one.
/// </summary>
internal static class OtelNames
{
    private static readonly string[] _signals = ["", "TRACES_", "METRICS_", "LOGS_"];

    private static readonly string[] _ofExporter =
        ["ENDPOINT", "PROTOCOL", "HEADERS", "TIMEOUT", "COMPRESSION", "INSECURE", "CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"];

    private static readonly string[] _ofBatch = ["SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"];

    private static readonly HashSet<string> _all = new(StringComparer.OrdinalIgnoreCase)
    {
        "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_PROPAGATORS", "OTEL_LOG_LEVEL",
        "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER",
        "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_METRICS_EXEMPLAR_FILTER",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
    };

    static OtelNames()
    {
        _all.UnionWith(_signals.SelectMany(signal => _ofExporter.Select(name => $"OTEL_EXPORTER_OTLP_{signal}{name}")));
        _all.UnionWith(_ofBatch.SelectMany(name => (string[])[$"OTEL_BSP_{name}", $"OTEL_BLRP_{name}"]));
    }

    /// <summary>
    /// Names in the section OpenTelemetry that are almost one of these. Of variables nothing is said: they are the workload's too, whose
    /// SDK may know more.
    /// </summary>
    internal static IEnumerable<string> FindMisspelled(IConfiguration configuration)
    {
        const string Section = "OpenTelemetry";
        foreach ((string path, string? value) in configuration.GetSection(Section).AsEnumerable(makePathsRelative: true))
        {
            string plain = Plain(path.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase) ? path : "OTEL_" + path);
            if (string.IsNullOrEmpty(value) || _all.Any(name => string.Equals(Plain(name), plain, StringComparison.OrdinalIgnoreCase)))
                continue;
            if (_all.FirstOrDefault(name => NearMatches.Ask(plain, [Plain(name)]).Length > 0) is { } near)
                yield return $"{Section}:{path}: there is no such setting (did you mean {near}?); correct the name, or remove it";
        }
    }

    /// <summary>Exporter:Otlp:Endpoint and ExporterOtlp:endpoint are EXPORTER_OTLP_ENDPOINT.</summary>
    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace(":", "", StringComparison.Ordinal);
}
