using System.Diagnostics;
using ForkFollow.Results;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace ForkFollow.Telemetry;

/// <summary>
/// What the follower tells, as log records with the trace and span of the process concerned. On the run's reader: it reads
/// the ledger behind the follower, which waits for nothing.
/// </summary>
internal sealed class LedgerLog(LiveRun run, FollowerInstruments instruments, ILogger? logger)
{
    /// <summary>The scope of the records.</summary>
    internal const string Category = "ForkFollow.Ledger";

    /// <summary>The SDK's queue drops what is beyond 2,048. One cause can have 10,000 effects: a metric counts them all.</summary>
    private const int MostRecords = 1_000;

    private readonly Dictionary<string, long> _omitted = [];
    private int _taken;

    /// <summary>Takes what is new. It stays in the ledger.</summary>
    internal void Update(TraceTree tree)
    {
        foreach ((string kind, long count) in run.LedgerOmitted)
        {
            Count(count - _omitted.GetValueOrDefault(kind), kind);
            _omitted[kind] = count;
        }

        if (run.LedgerCount == _taken)
            return;
        foreach (RecordedNote entry in run.Ledger.Skip(_taken))
        {
            _taken++;
            Count(1, entry.Kind);
            if (logger is not null && _taken <= MostRecords)
                Write(entry, tree.ContextOf(entry.Pid));
        }
    }

    private void Count(long more, string kind) =>
        instruments.Ledger.Add(more, new KeyValuePair<string, object?>("forkfollow.ledger.kind", kind));

    private void Write(RecordedNote entry, ActivityContext context)
    {
        List<KeyValuePair<string, object?>> attributes = [new("forkfollow.ledger.kind", entry.Kind)];
        if (entry.Pid != 0)
            attributes.Add(new("process.pid", entry.Pid));
        LedgerContext.Current = context;
        logger!.Log(LogLevel.Warning, default, attributes, null, (_, _) => entry.Text);
        LedgerContext.Current = default;
    }
}

/// <summary>
/// Gives a record of the ledger the context of its process. The SDK takes it from the current activity, which an activity that
/// has ended cannot be.
/// </summary>
internal sealed class LedgerContext : BaseProcessor<LogRecord>
{
    [ThreadStatic]
    private static ActivityContext _current;

    /// <summary>The context for what this thread logs now; default for none.</summary>
    internal static ActivityContext Current
    {
        get => _current;
        set => _current = value;
    }

    /// <inheritdoc/>
    public override void OnEnd(LogRecord data)
    {
        if (_current == default || data is null)
            return;
        data.TraceId = _current.TraceId;
        data.SpanId = _current.SpanId;
        data.TraceFlags = _current.TraceFlags;
    }
}
