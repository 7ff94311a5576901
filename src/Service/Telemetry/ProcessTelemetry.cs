using System.Diagnostics;
using System.Diagnostics.Metrics;
using ForkFollow.Collectors;
using ForkFollow.Follower;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ForkFollow.Service.Telemetry;

/// <summary>
/// Exports runs through OpenTelemetry. A singleton of the host (<see cref="ForkFollowBuilder.AddTelemetry"/>). If no
/// endpoint is set it does nothing, and there is no provider, no thread and no instrument.
/// <para>A run uses it so, in this order; several runs one after another, or at the same time, may:</para>
/// <code>
/// await using TelemetryRun telemetry = processTelemetry.Follow(results, figures);
/// … FollowSession.LaunchAsync(new() { …, EnvironmentOverrides = telemetry.LaunchEnvironment }, …)
/// … await session.Completion, dispose the CollectorHost, end the collectors …
/// await telemetry.EndAsync();     // before tree.json is written for the last time: it may add to the ledger
/// </code>
/// </summary>
public sealed class ProcessTelemetry : IDisposable
{
    /// <summary>The name of the instrumentation scope of spans and metrics.</summary>
    public const string ScopeName = "ForkFollow";

    private static readonly TimeSpan _shutdownTime = TimeSpan.FromSeconds(2);

    private readonly Exporters? _exporters;

    private ProcessTelemetry(Exporters? exporters) => _exporters = exporters;

    /// <summary>Whether anything is exported.</summary>
    public bool IsOn => _exporters is not null;

    /// <summary>The one that does nothing.</summary>
    internal static ProcessTelemetry Off { get; } = new(exporters: null);

    /// <summary>
    /// Begins to export a run: before the launch, so that its command can be given a trace context. Any thread.
    /// </summary>
    /// <param name="results">What the run writes.</param>
    /// <param name="figures">The run's figures and ledger.</param>
    public TelemetryRun Follow(RunResults results, FollowerFigures figures)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(figures);
        return _exporters is null ? TelemetryRun.Off : TelemetryRun.Start(_exporters, results, figures);
    }

    /// <summary>
    /// Ends the providers, and waits two seconds at most: the host's own disposal would wait up to five for each of the three
    /// if the endpoint does not answer.
    /// </summary>
    public void Dispose() => _exporters?.Shutdown(_shutdownTime);

    internal static ProcessTelemetry Make(
        OtelSettings settings, TelemetryOptions options, TracerProvider traces, MeterProvider metrics, LoggerProvider logs,
        ILoggerProvider? logger, int portion) =>
        new(new Exporters(settings, options, traces, metrics, logs, logger, portion));

    /// <summary>What all runs share.</summary>
    internal sealed class Exporters
    {
        internal Exporters(
            OtelSettings settings, TelemetryOptions options, TracerProvider traces, MeterProvider metrics, LoggerProvider logs,
            ILoggerProvider? logger, int portion)
        {
            Settings = settings;
            Options = options;
            Traces = traces;
            Metrics = metrics;
            Logs = logs;
            Portion = portion;
            string version = typeof(ProcessTelemetry).Assembly.GetName().Version!.ToString(3);
            Source = new(ScopeName, version);
            Meter = new(ScopeName, version);
            Watch = new(settings);
            Instruments = new(Meter);
            Processes = new(Meter, options.PidAttribute);
            Ledger = settings.Sends(Signal.Logs) ? logger?.CreateLogger(LedgerLog.Category) : null;
        }

        internal OtelSettings Settings { get; }

        internal TelemetryOptions Options { get; }

        internal TracerProvider Traces { get; }

        internal MeterProvider Metrics { get; }

        internal LoggerProvider Logs { get; }

        internal ILogger? Ledger { get; }

        internal int Portion { get; }

        internal ActivitySource Source { get; }

        internal Meter Meter { get; }

        internal ExportWatch Watch { get; }

        internal FollowerInstruments Instruments { get; }

        internal ProcessMetrics Processes { get; }

        /// <summary>One at a time records metrics of processes: two runs may be under way.</summary>
        internal Lock ProcessesLock { get; } = new();

        /// <summary>Sends metrics and log records now. False if the metrics were refused.</summary>
        internal bool Flush(TimeSpan limit)
        {
            int milliseconds = (int)limit.TotalMilliseconds;
            Task<bool> metrics = Task.Run(() => Metrics.ForceFlush(milliseconds));
            Task<bool> logs = Task.Run(() => Logs.ForceFlush(milliseconds));
            return Task.WaitAll([metrics, logs], limit) && metrics.Result;
        }

        internal void Shutdown(TimeSpan limit)
        {
            int milliseconds = (int)limit.TotalMilliseconds;
            Task.WaitAll(
                [
                    Task.Run(() => Traces.Shutdown(milliseconds)),
                    Task.Run(() => Metrics.Shutdown(milliseconds)),
                    Task.Run(() => Logs.Shutdown(milliseconds)),
                ],
                limit);
            Watch.Dispose();
            Source.Dispose();
            Meter.Dispose();
        }
    }
}
