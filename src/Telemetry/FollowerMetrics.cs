using System.Diagnostics.Metrics;
using ForkFollow.Results;

namespace ForkFollow.Telemetry;

/// <summary>The instruments of <c>forkfollow.*</c>: what we did ourselves. Shared by all runs of a host.</summary>
internal sealed class FollowerInstruments
{
    /// <param name="meter">Ours.</param>
    internal FollowerInstruments(Meter meter)
    {
        Births = meter.CreateCounter<long>("forkfollow.births", "{process}", "Processes born under observation.");
        ThreadBirths = meter.CreateCounter<long>("forkfollow.thread.births", "{thread}", "Threads born under observation.");
        Execs = meter.CreateCounter<long>("forkfollow.execs", "{exec}", "Programs executed.");
        Stops = meter.CreateCounter<long>("forkfollow.stops", "{stop}", "Stops answered and deaths seen.");
        Known = meter.CreateCounter<long>("forkfollow.processes", "{process}", "Processes in the tree.");
        Alive = meter.CreateUpDownCounter<long>("forkfollow.processes.alive", "{process}", "Processes that are followed now.");
        Held = meter.CreateHistogram<double>(
            "forkfollow.stop.held", "s", "How long a process was held at a stop, exact to 12.5 %.", advice: new()
            {
                HistogramBucketBoundaries =
                [
                    5e-6, 10e-6, 20e-6, 30e-6, 50e-6, 75e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 50e-3, 0.1, 1,
                ],
            });
        LostRecords = meter.CreateCounter<long>("forkfollow.records.lost", "{record}", "Records of collectors that were lost.");
        Ledger = meter.CreateCounter<long>("forkfollow.ledger.entries", "{entry}", "What was not followed, by kind.");
        Spans = meter.CreateCounter<long>("forkfollow.telemetry.spans", "{span}", "Spans of processes, by what became of them.");
        Failures = meter.CreateCounter<long>("forkfollow.telemetry.export.failures", "{request}", "Exports that failed.");
    }

    internal Counter<long> Births { get; }

    internal Counter<long> ThreadBirths { get; }

    internal Counter<long> Execs { get; }

    internal Counter<long> Stops { get; }

    internal Counter<long> Known { get; }

    internal UpDownCounter<long> Alive { get; }

    internal Histogram<double> Held { get; }

    internal Counter<long> LostRecords { get; }

    internal Counter<long> Ledger { get; }

    internal Counter<long> Spans { get; }

    internal Counter<long> Failures { get; }
}

/// <summary>
/// Feeds the instruments with what has come about in one run since the last time: the run's figures grow, and so do the
/// metrics over several runs. On the run's reader.
/// </summary>
internal sealed class FollowerMetrics(FollowerInstruments instruments, LiveRun run)
{
    private readonly Dictionary<long, long> _held = [];
    private readonly Dictionary<Instrument, long> _told = [];

    /// <summary>Counts what is new.</summary>
    /// <param name="final">The run is over: whoever lives is followed no longer.</param>
    internal void Update(bool final)
    {
        RecordedFollower follower = run.Follower;
        Grow(instruments.Births, follower.Births);
        Grow(instruments.ThreadBirths, follower.ThreadBirths);
        Grow(instruments.Execs, follower.Execs);
        Grow(instruments.Stops, follower.Stops);
        Grow(instruments.Known, run.Count);
        long alive = final ? 0 : run.Alive;
        instruments.Alive.Add(alive - _told.GetValueOrDefault(instruments.Alive));
        _told[instruments.Alive] = alive;
        UpdateHeld();
    }

    /// <summary>Counts the records that collectors lost, which are known when they have ended.</summary>
    internal void CountLostRecords(long sum) => Grow(instruments.LostRecords, sum);

    private void UpdateHeld()
    {
        foreach ((long held, long count) in run.Held)
        {
            for (long told = _held.GetValueOrDefault(held); told < count; told++)
                instruments.Held.Record(held / 1e9);
            _held[held] = count;
        }
    }

    private void Grow(Counter<long> counter, long sum)
    {
        long before = _told.GetValueOrDefault(counter);
        if (sum <= before)
            return;
        counter.Add(sum - before);
        _told[counter] = sum;
    }
}
