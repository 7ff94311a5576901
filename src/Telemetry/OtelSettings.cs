using System.Collections;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace ForkFollow.Telemetry;

/// <summary>
/// The OTEL_* settings: a variable of the environment, else a key of the configuration with that name, else a key of its
/// section <c>OpenTelemetry</c> (<c>Exporter:Otlp:Endpoint</c> or <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>). Immutable.
/// </summary>
internal sealed class OtelSettings
{
    private const string Section = "OpenTelemetry";
    private const string Prefix = "OTEL_";
    private const int DefaultTimeout = 10_000;
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    private OtelSettings()
    {
    }

    /// <summary>All that are set.</summary>
    internal IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>Whether anything is to be sent: an endpoint is set, and the SDK is not disabled.</summary>
    internal bool IsOn => Sends(Signal.Traces) || Sends(Signal.Metrics) || Sends(Signal.Logs);

    /// <summary>How long the exporter waits for an answer to spans.</summary>
    internal int ExportTimeoutMilliseconds =>
        int.TryParse(
            Value("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") ?? Value("OTEL_EXPORTER_OTLP_TIMEOUT"),
            NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds)
                ? milliseconds
                : DefaultTimeout;

    /// <summary>Whether they say what service.name is.</summary>
    internal bool NamesService =>
        Value("OTEL_SERVICE_NAME") is not null
        || (Value("OTEL_RESOURCE_ATTRIBUTES") ?? "").Split(',')
            .Any(one => one.TrimStart().StartsWith("service.name=", StringComparison.Ordinal));

    /// <summary>Reads them.</summary>
    internal static OtelSettings Read(IConfiguration configuration)
    {
        var settings = new OtelSettings();
        foreach ((string path, string? value) in configuration.GetSection(Section).AsEnumerable(makePathsRelative: true))
            settings.Set(NameOf(path), value);
        foreach (IConfigurationSection key in configuration.GetChildren())
            settings.Set(key.Key, key.Value);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            settings.Set((string)variable.Key, (string?)variable.Value);
        return settings;
    }

    /// <summary>
    /// Whether a signal has an endpoint of its own or the one for all, and is not switched off (OTEL_SDK_DISABLED,
    /// OTEL_TRACES_EXPORTER=none and its like). Without that check the SDK would send it to its default, localhost.
    /// </summary>
    internal bool Sends(Signal signal) =>
        !string.Equals(Value("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)
        && !string.Equals(Value($"OTEL_{NameOf(signal)}_EXPORTER"), "none", StringComparison.OrdinalIgnoreCase)
        && EndpointOf(signal) is not null;

    /// <summary>Where a signal goes; null if that is not set.</summary>
    internal string? EndpointOf(Signal signal) => Value($"OTEL_EXPORTER_OTLP_{NameOf(signal)}_ENDPOINT") ?? Value(Endpoint);

    /// <summary>What is wrong with them, a line each: name, what, remedy. The SDK would send nothing, or elsewhere, and say nothing.</summary>
    internal IEnumerable<string> FindFaults()
    {
        foreach (string name in _values.Keys.Where(one => one.StartsWith("OTEL_EXPORTER_OTLP_", StringComparison.OrdinalIgnoreCase)).Order())
        {
            string value = _values[name];
            if (name.EndsWith("_ENDPOINT", StringComparison.OrdinalIgnoreCase)
                && !(Uri.TryCreate(value, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0))
            {
                yield return $"{name}: '{value}' is no address; it takes http://HOST:PORT or https://HOST:PORT";
            }

            if (name.EndsWith("_PROTOCOL", StringComparison.OrdinalIgnoreCase) && value is not ("grpc" or "http/protobuf"))
                yield return $"{name}: there is no '{value}' here; it takes grpc or http/protobuf";
        }
    }

    /// <summary>
    /// Makes them visible to the SDK, which reads the configuration of the host. They are what it would have found there,
    /// and what it would have missed: variables that no provider reads, and the section.
    /// </summary>
    internal void Publish(IConfiguration configuration)
    {
        if (configuration is IConfigurationBuilder builder)
        {
            builder.AddInMemoryCollection(_values!);
            return;
        }

        foreach ((string name, string value) in _values)
            configuration[name] = value;
    }

    private static string NameOf(Signal signal) => signal switch
    {
        Signal.Traces => "TRACES",
        Signal.Metrics => "METRICS",
        _ => "LOGS",
    };

    /// <summary><c>Exporter:Otlp:Endpoint</c> and <c>ExporterOtlp:endpoint</c> are OTEL_EXPORTER_OTLP_ENDPOINT.</summary>
    private static string NameOf(string path)
    {
        if (path.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return path.ToUpperInvariant();
        var name = new StringBuilder(Prefix);
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] == ':')
            {
                name.Append('_');
                continue;
            }

            if (i > 0 && char.IsAsciiLetterUpper(path[i]) && char.IsAsciiLetterLower(path[i - 1]))
                name.Append('_');
            name.Append(char.ToUpperInvariant(path[i]));
        }

        return name.ToString();
    }

    private void Set(string name, string? value)
    {
        if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && !string.IsNullOrWhiteSpace(value))
            _values[name] = value;
    }

    private string? Value(string name) => _values.GetValueOrDefault(name);
}

/// <summary>A kind of telemetry.</summary>
internal enum Signal
{
    /// <summary>Spans.</summary>
    Traces,

    /// <summary>Metrics.</summary>
    Metrics,

    /// <summary>Log records.</summary>
    Logs,
}
