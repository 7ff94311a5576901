using System.Diagnostics.Tracing;

namespace ForkFollow.Telemetry;

/// <summary>
/// Knows how each export of the SDK ended. The SDK's own interfaces do not tell: its batch processor ignores the exporter's
/// result, and its ForceFlush returns true while a request is still under way. The exporter tells in events: one
/// ExportSuccess for each request that was accepted, an error or warning with the endpoint for each other.
/// <para>Events come on the SDK's threads. They are of all exporters of the process: those to another host are not counted.</para>
/// </summary>
internal sealed class ExportWatch : EventListener
{
    private const string Source = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    private const int ExportSuccess = 21;

    /// <summary>How an export can fail: ids of the source's events, as of 1.20.1. The others warn of settings or attributes.</summary>
    private static readonly HashSet<int> _failures = [2, 4, 12, 14, 15, 16, 17, 18, 19, 20, 22, 23];

    private readonly Lock _lock = new();
    private readonly SignalState[] _signals = [new(), new(), new()];
    private readonly string?[] _authorities = new string?[3];

    // The base constructor calls OnEventSourceCreated before the fields above exist.
    private readonly bool _ready;
    private EventSource? _found;

    /// <param name="settings">Where exports go.</param>
    internal ExportWatch(OtelSettings settings)
    {
        foreach (Signal signal in Enum.GetValues<Signal>())
            _authorities[(int)signal] = AuthorityOf(settings.EndpointOf(signal));
        _ready = true;
        if (_found is { } source)
            EnableEvents(source, EventLevel.Informational);
    }

    /// <summary>How the exports of a signal went so far. Any thread.</summary>
    internal ExportCounts Read(Signal signal)
    {
        lock (_lock)
        {
            SignalState state = _signals[(int)signal];
            return new(state.Successes, state.Failures, state.LastFailed, state.Reason);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name != Source)
            return;
        _found = eventSource;
        if (_ready)
            EnableEvents(eventSource, EventLevel.Informational);
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        bool success = eventData.EventId == ExportSuccess;
        if (!success && !_failures.Contains(eventData.EventId))
            return;
        string first = eventData.Payload is [string text, ..] ? text : "";
        string reason = success ? "" : ReasonOf(eventData);
        foreach (Signal signal in Enum.GetValues<Signal>())
        {
            if (Concerns(signal, first))
                Count(signal, success, reason);
        }
    }

    /// <summary>The first line of what the exporter says last (an exception, a status), without the exception's type.</summary>
    private static string ReasonOf(EventWrittenEventArgs told)
    {
        string text = told.Payload?.OfType<string>().LastOrDefault(one => one.Length > 0) ?? told.EventName ?? "";
        string line = text.Split('\n')[0].Trim();
        int type = line.IndexOf("Exception: ", StringComparison.Ordinal);
        line = type < 0 ? line : line[(type + "Exception: ".Length)..];
        return line.Length <= 200 ? line : line[..200];
    }

    private static string? AuthorityOf(string? endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) ? uri.Authority : null;

    /// <summary>An event that names no endpoint (a buffer too large, an unknown error) may be of any signal.</summary>
    private bool Concerns(Signal signal, string endpoint)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            return true;
        return uri.Authority == _authorities[(int)signal] && (SignalOf(uri.AbsolutePath) ?? signal) == signal;
    }

    /// <summary>/v1/traces, or /opentelemetry.proto.collector.trace.v1.TraceService/Export; null for a path of the user's own.</summary>
    private static Signal? SignalOf(string path)
    {
        Signal? found = null;
        int last = -1;
        foreach (Signal signal in Enum.GetValues<Signal>())
        {
            int at = path.LastIndexOf(signal.ToString()[..4], StringComparison.OrdinalIgnoreCase);
            if (at > last)
                (last, found) = (at, signal);
        }

        return found;
    }

    private void Count(Signal signal, bool success, string reason)
    {
        lock (_lock)
        {
            SignalState state = _signals[(int)signal];
            state.LastFailed = !success;
            if (success)
            {
                state.Successes++;
                return;
            }

            state.Failures++;
            state.Reason = reason;
        }
    }

    private sealed class SignalState
    {
        internal long Successes;
        internal long Failures;
        internal bool LastFailed;
        internal string Reason = "";
    }
}

/// <summary>How the exports of a signal went.</summary>
/// <param name="Successes">Requests that were accepted.</param>
/// <param name="Failures">Requests that failed.</param>
/// <param name="LastFailed">The last one failed.</param>
/// <param name="Reason">Why the last one that failed did, in the exporter's words; empty if none has.</param>
internal readonly record struct ExportCounts(long Successes, long Failures, bool LastFailed, string Reason);
