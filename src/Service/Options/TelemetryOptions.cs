namespace ForkFollow.Service;

/// <summary>
/// What is exported and how, beside what OTEL_* variables say (docs/opentelemetry.md). <see cref="ForkFollowOptions.Telemetry"/>;
/// the section <c>ForkFollow:Telemetry</c> of the configuration.
/// </summary>
public sealed class TelemetryOptions
{
    /// <summary>A launched command gets TRACEPARENT of its own span, so that the spans that it makes itself join.</summary>
    public bool InjectTraceparent { get; set; }

    /// <summary>Metrics carry the pid too, and are sent as differences (delta temporality).</summary>
    public bool PidAttribute { get; set; }

    /// <summary>Spans carry the arguments of each program. They may hold secrets.</summary>
    public bool CommandArgs { get; set; }

    /// <summary>How many ended spans wait at most while the endpoint is down or slow; more are dropped, and counted; 512 to 1000000.</summary>
    public int MaxPendingSpans { get; set; } = 32_768;

    /// <summary>How long the end of a run waits at most for what is still to be sent, 0 to 1 h.</summary>
    public TimeSpan FlushTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
