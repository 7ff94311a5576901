using System.Diagnostics;
using System.Diagnostics.Metrics;
using ForkFollow.Results;
using ForkFollow.Service;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ForkFollow.Telemetry;

/// <summary>
/// Exports runs through OpenTelemetry: several at the same time, if there are. A singleton of the host, there if an endpoint is set
/// (<see cref="ForkFollowTelemetry.AddTelemetry"/>).
/// </summary>
public sealed class ProcessTelemetry : IRunExporter, IDisposable
{
    /// <summary>The name of the instrumentation scope of spans and metrics.</summary>
    public const string ScopeName = "ForkFollow";

    private static readonly TimeSpan _shutdownTime = TimeSpan.FromSeconds(2);

    private readonly Exporters _exporters;

    private ProcessTelemetry(Exporters exporters) => _exporters = exporters;

    /// <inheritdoc/>
    public IRunExport Begin(LiveRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new TelemetryRun(_exporters, run);
    }

    /// <summary>
    /// Ends the providers, and waits two seconds at most: the host's own disposal would wait up to five for each of the three
    /// if the endpoint does not answer.
    /// </summary>
    public void Dispose() => _exporters.Shutdown(_shutdownTime);

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
