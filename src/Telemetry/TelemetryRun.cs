using System.Diagnostics;
using System.Runtime.CompilerServices;
using ForkFollow.Results;
using ForkFollow.Service;

namespace ForkFollow.Telemetry;

/// <summary>
/// The export of one run. Members may be called from any thread, one at a time. A loop on the thread pool reads the results
/// behind the tracer thread, which never waits for it; it sleeps while nothing happens. <see cref="ProcessTelemetry"/> says
/// how a run uses it.
/// </summary>
internal sealed class TelemetryRun : IRunExport
{
    /// <summary>
    /// How soon a new program's environment is read after the last reading, and results after they are there. The reading of
    /// many processes takes longer, and then pauses ten times as long: a tenth of a CPU at most.
    /// </summary>
    private static readonly TimeSpan _leastPause = TimeSpan.FromMilliseconds(10);

    /// <summary>Figures that change with no process (stops) are looked at once a second.</summary>
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);

    private readonly ProcessTelemetry.Exporters _exporters;
    private readonly CancellationTokenSource _ending = new();
    private readonly RunReader _reader;
    private readonly LiveRun _run;
    private readonly Task _loop;
    private Task? _ended;

    /// <summary>Begins.</summary>
    internal TelemetryRun(ProcessTelemetry.Exporters exporters, LiveRun run)
    {
        _exporters = exporters;
        _run = run;
        _reader = new(exporters, run);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>
    /// What the launched command is to have in its environment, as NAME=value, whatever ours has: TRACEPARENT and TRACESTATE
    /// of its own span, if <see cref="TelemetryOptions.InjectTraceparent"/> says so; otherwise nothing.
    /// </summary>
    public IReadOnlyList<string> LaunchEnvironment => _reader.LaunchEnvironment;

    /// <summary>
    /// The run is over: sends what is left, and waits for it no longer than <see cref="TelemetryOptions.FlushTimeout"/> says.
    /// What did not arrive is entered in the ledger, in one line. When all collectors have handed over their results. Does
    /// not throw for trouble with the endpoint.
    /// </summary>
    public Task EndAsync()
    {
        lock (_ending)
            return _ended ??= Task.Run(FinishAsync);
    }

    /// <summary>Ends it, if it has not been ended.</summary>
    public async ValueTask DisposeAsync() => await EndAsync().ConfigureAwait(false);

    private async Task LoopAsync()
    {
        Task changed = Task.CompletedTask;
        while (!_ending.IsCancellationRequested)
        {
            if (changed.IsCompleted)
                changed = _run.WaitForChangeAsync(_run.Version, CancellationToken.None);
            long start = Stopwatch.GetTimestamp();
            _reader.Read();
            TimeSpan pause = TimeSpan.FromTicks(Math.Clamp(
                Stopwatch.GetElapsedTime(start).Ticks * 10, _leastPause.Ticks, _longestPause.Ticks));
            await PauseAsync(Task.Delay(pause, _ending.Token));
            if (!_reader.IsBusy)
                await PauseAsync(Task.WhenAny(changed, Task.Delay(_longestPause, _ending.Token)));
        }
    }

    private static ConfiguredTaskAwaitable PauseAsync(Task task) => task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task FinishAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        TimeSpan limit = _exporters.Options.FlushTimeout;
        Task rest = EndReaderAsync(limit);

        // The SDK's own flush has no hard limit, and a reading in /proc can hang if a process keeps its memory from being
        // read: neither is worth the workload's end.
        if (await Task.WhenAny(rest, Task.Delay(limit + _grace)).ConfigureAwait(false) != rest)
        {
            _run.Note(
                "the OTLP endpoint has not taken all spans and metrics in time: results on disk are complete; check that endpoint, or "
                + "give it longer with ForkFollow:Telemetry:FlushTimeout");
            return;
        }

        await rest.ConfigureAwait(false);
    }

    /// <summary>A processor of the host's may throw, or we be wrong: the workload's status must not suffer for it.</summary>
    private async Task EndReaderAsync(TimeSpan limit)
    {
        try
        {
            await _loop.ConfigureAwait(false);
            await _reader.EndAsync(limit).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _run.Note(
                $"the export through OpenTelemetry failed ({e.GetType().Name}: {e.Message}): results on disk are complete; if a processor "
                + "of the host's is not the cause, report it");
        }
    }
}
