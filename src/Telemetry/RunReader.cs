using System.Diagnostics;
using System.Globalization;
using ForkFollow.Results;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ForkFollow.Telemetry;

/// <summary>
/// Reads the results of a run as it goes, and makes spans, metrics and log records of them. One thread at a time:
/// <see cref="TelemetryRun"/>'s loop, and then its end.
/// </summary>
internal sealed class RunReader
{
    /// <summary>Smaller where each process has its series: two portions of them are within the SDK's 2,000, three a process.</summary>
    private const int PortionWithPid = 256;

    /// <summary>A runtime's figures may come some time after its process's end.</summary>
    private static readonly long _runtimePatience = 10 * Stopwatch.Frequency;

    private readonly ProcessTelemetry.Exporters _exporters;
    private readonly LiveRun _run;
    private readonly TraceTree _tree;
    private readonly SpanOutbox _outbox;
    private readonly FollowerMetrics _follower;
    private readonly LedgerLog _ledger;
    private readonly List<SpanEntry> _ended = [];
    private readonly Queue<SpanEntry> _runtimes = new();
    private readonly HashSet<int> _runtimesCounted = [];
    private readonly ExportCounts[] _exportsBefore = new ExportCounts[3];
    private readonly long _patience;
    private long _deliveredTold;
    private long _lostTold;
    private int _sinceFlush;

    /// <summary>Sums are sent again with the next export, so that one that failed is no loss; differences are lost with it.</summary>
    private long _metricFailures;

    internal RunReader(ProcessTelemetry.Exporters exporters, LiveRun run)
    {
        _exporters = exporters;
        _run = run;
        _tree = new(run, exporters.Source, OwnParent());
        _outbox = new(
            exporters.Watch, () => exporters.Traces.ForceFlush(0), exporters.Portion, exporters.Options.MaxPendingSpans);
        _follower = new(exporters.Instruments, run);
        _ledger = new(run, exporters.Instruments, exporters.Ledger);
        _patience = (exporters.Settings.ExportTimeoutMilliseconds + 2_000) * (Stopwatch.Frequency / 1_000);
        foreach (Signal signal in Enum.GetValues<Signal>())
            _exportsBefore[(int)signal] = exporters.Watch.Read(signal);
        if (run.Command is not null && exporters.Options.InjectTraceparent)
            LaunchEnvironment = MakeEnvironment();
    }

    /// <summary>TRACEPARENT and TRACESTATE for the command.</summary>
    internal IReadOnlyList<string> LaunchEnvironment { get; } = [];

    /// <summary>
    /// Something is to be done soon though nothing changes: an answer, or results, are awaited. While the endpoint is down it
    /// is looked for no more often than once a second.
    /// </summary>
    internal bool IsBusy => (_outbox.IsBusy && !_outbox.IsDown) || _tree.IsClosing;

    /// <summary>Takes what is new.</summary>
    internal void Read() => Read(final: false);

    /// <summary>Takes the rest, and sends it.</summary>
    internal async Task EndAsync(TimeSpan limit)
    {
        long end = Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency);
        Read(final: true);
        CountLateResults();
        bool down = false;
        while (_outbox.IsBusy && !down && Stopwatch.GetTimestamp() < end)
        {
            long lost = _outbox.Lost;
            Pump(hurry: true);
            down = _outbox.Lost > lost; // It had its chance: an end is not held up by an endpoint that is down.
            await Task.Delay(5).ConfigureAwait(false);
        }

        _outbox.GiveUp();
        TellSpans();
        TellFailures();
        TimeSpan left = TimeSpan.FromSeconds(Math.Max(0.5, (end - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency));
        bool flushed = await Task.Run(() => _exporters.Flush(left)).ConfigureAwait(false);
        bool arrived = flushed && (!_exporters.Options.PidAttribute || _metricFailures == 0);
        TellLoss(arrived || !_exporters.Settings.Sends(Signal.Metrics));
    }

    private void Read(bool final)
    {
        _ended.Clear();
        _tree.Update(_ended, final);
        _ledger.Update(_tree);
        long now = Stopwatch.GetTimestamp();
        lock (_exporters.ProcessesLock)
        {
            foreach (SpanEntry entry in _ended)
                Count(entry);
        }

        foreach (SpanEntry entry in _ended)
        {
            _outbox.Add(entry, now);
            if (entry.Process.DotNet is null && entry.Process.CollectorNames.Contains("dotnet"))
                _runtimes.Enqueue(entry);
        }

        TakeRuntimes(now);
        _follower.Update(final);
        if (!final)
            Pump(hurry: false);
        TellSpans();
        TellFailures();
    }

    private void Count(SpanEntry entry)
    {
        _exporters.Processes.Count(entry.Record!, ProcessSpan.ExecutableOf(entry.Process));
        CountRuntime(entry.Process);
        if (!_exporters.Options.PidAttribute || ++_sinceFlush < PortionWithPid)
            return;
        // Differences are sent and their series let go, before there are too many of them.
        _sinceFlush = 0;
        _exporters.Metrics.ForceFlush(_exporters.Settings.ExportTimeoutMilliseconds);
    }

    private void CountRuntime(LiveProcess process)
    {
        if (process.DotNet is { } runtime && _runtimesCounted.Add(process.Id))
            _exporters.Processes.CountRuntime(runtime, process.Record(), ProcessSpan.ExecutableOf(process));
    }

    private void TakeRuntimes(long now)
    {
        lock (_exporters.ProcessesLock)
        {
            for (int i = _runtimes.Count; i > 0; i--)
            {
                SpanEntry entry = _runtimes.Dequeue();
                CountRuntime(entry.Process);
                if (entry.Process.DotNet is null && now - entry.EndSeen < _runtimePatience)
                    _runtimes.Enqueue(entry);
            }
        }
    }

    /// <summary>What is known when all collectors have ended.</summary>
    private void CountLateResults()
    {
        var all = new List<LiveProcess>();
        _run.CopyTo(all, 1, int.MaxValue);
        lock (_exporters.ProcessesLock)
        {
            foreach (LiveProcess process in all)
                CountRuntime(process);
        }

        _follower.CountLostRecords(all.Sum(process => process.Lost));
    }

    private void Pump(bool hurry)
    {
        long now = Stopwatch.GetTimestamp();
        _outbox.Pump(
            entry => ProcessSpan.Complete(entry, _tree, _exporters.Options.CommandArgs, now - _run.StartTimestamp), now, hurry, _patience);
    }

    private void TellSpans()
    {
        CountSpans("delivered", _outbox.Delivered - _deliveredTold);
        CountSpans("lost", _outbox.Lost - _lostTold);
        _deliveredTold = _outbox.Delivered;
        _lostTold = _outbox.Lost;
    }

    private void CountSpans(string outcome, long count)
    {
        if (count > 0)
            _exporters.Instruments.Spans.Add(count, new KeyValuePair<string, object?>("forkfollow.telemetry.outcome", outcome));
    }

    private void TellFailures()
    {
        foreach (Signal signal in Enum.GetValues<Signal>())
        {
            ExportCounts now = _exporters.Watch.Read(signal);
            long more = now.Failures - _exportsBefore[(int)signal].Failures;
            _exportsBefore[(int)signal] = now;
            if (signal == Signal.Metrics)
                _metricFailures += more;
            if (more > 0)
            {
                _exporters.Instruments.Failures.Add(
                    more, new KeyValuePair<string, object?>("forkfollow.telemetry.signal", signal.ToString().ToLowerInvariant()));
            }
        }
    }

    /// <summary>Once for a run: what did not arrive, why, and what to do.</summary>
    private void TellLoss(bool metricsArrived)
    {
        if (_outbox.Lost == 0 && metricsArrived)
            return;
        var what = new List<string>();
        if (_outbox.Lost > 0)
        {
            what.Add(string.Create(
                CultureInfo.InvariantCulture, $"{_outbox.Lost} of {_outbox.Lost + _outbox.Delivered} spans of processes"));
        }

        if (!metricsArrived)
            what.Add("metrics");
        Signal signal = _outbox.Lost > 0 ? Signal.Traces : Signal.Metrics;
        string reason = _exporters.Watch.Read(signal).Reason;
        _run.Note(
            $"{string.Join(" and ", what)} did not reach {Host(_exporters.Settings.EndpointOf(signal))} "
            + $"({(reason.Length > 0 ? reason : "no answer in time")}): results on disk are complete; for the next run, check that "
            + "an OTLP receiver listens there and that OTEL_EXPORTER_OTLP_PROTOCOL is what it speaks");
    }

    /// <summary>An endpoint without what may be secret in it.</summary>
    private static string Host(string? endpoint) => Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri)
        ? uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)
        : "the OTLP endpoint";

    /// <summary>Who started us may have given us a trace to join: CI systems do.</summary>
    private static ActivityContext OwnParent() => TraceContextReader.Parse(
        Environment.GetEnvironmentVariable("TRACEPARENT"), Environment.GetEnvironmentVariable("TRACESTATE")) ?? default;

    private string[] MakeEnvironment()
    {
        _tree.Prepare();
        if (_tree.Prepared is not { IdFormat: ActivityIdFormat.W3C, Id: { } id } activity)
            return [];
        return string.IsNullOrEmpty(activity.TraceStateString)
            ? ["TRACEPARENT=" + id]
            : ["TRACEPARENT=" + id, "TRACESTATE=" + activity.TraceStateString];
    }
}
