using System.Diagnostics;
using System.Diagnostics.Metrics;
using ForkFollow.Results;

namespace ForkFollow.Telemetry;

/// <summary>
/// What processes used, by the name of their executable: <c>process.*</c> of the semantic conventions 1.45, counted when a
/// process has ended, and forkfollow.process.* for what they have no name for. One thread at a time.
/// </summary>
internal sealed class ProcessMetrics
{
    private readonly Series _series = new();
    private readonly bool _withPid;
    private readonly Counter<double> _cpu;
    private readonly Counter<long> _switches;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _ended;
    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _memory;
    private readonly DotNetMetrics _dotnet;

    /// <param name="meter">Ours.</param>
    /// <param name="withPid">A series for each process, not for each executable.</param>
    internal ProcessMetrics(Meter meter, bool withPid)
    {
        _withPid = withPid;
        _cpu = meter.CreateCounter<double>("process.cpu.time", "s", "CPU time of processes that have ended.");
        _switches = meter.CreateCounter<long>(
            "process.context_switches", "{context_switch}", "Context switches of processes that have ended.");
        _faults = meter.CreateCounter<long>("process.paging.faults", "{fault}", "Page faults of processes that have ended.");
        _ended = meter.CreateCounter<long>("forkfollow.process.ended", "{process}", "Processes that have ended, by outcome.");
        _duration = meter.CreateHistogram<double>(
            "forkfollow.process.duration", "s", "How long processes ran, of those that have ended.", advice: new()
            {
                HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
            });
        _memory = meter.CreateHistogram<long>(
            "forkfollow.process.memory.peak", "By", "Peak resident memory of processes that have ended.", advice: new()
            {
                HistogramBucketBoundaries =
                [
                    1 << 20, 2 << 20, 4 << 20, 8 << 20, 16 << 20, 32 << 20, 64 << 20, 128 << 20, 256 << 20, 512 << 20, 1L << 30,
                    2L << 30, 4L << 30, 8L << 30, 16L << 30,
                ],
            });
        _dotnet = new(meter, _series);
    }

    /// <summary>Counts a process that has ended. Once for each.</summary>
    /// <param name="process">What is known of it.</param>
    /// <param name="name">The name of its executable.</param>
    internal void Count(RecordedProcess process, string name)
    {
        TagList tags = TagsOf(process, name);
        _ended.Add(1, With(tags, "forkfollow.process.outcome", OutcomeOf(process)));
        if (process.EndNs is { } end)
            _duration.Record((end - process.StartNs) / 1e9, tags);
        if (process.Rusage is { } usage)
            Count(usage, tags);
    }

    /// <summary>Counts what its runtime told. Once for each; it may come later than the rest.</summary>
    internal void CountRuntime(RecordedDotNet runtime, RecordedProcess process, string name) =>
        _dotnet.Count(runtime, _series.NameFor(name), TagsOf(process, name));

    /// <summary>Tags and one more.</summary>
    internal static TagList With(TagList tags, string name, string value)
    {
        tags.Add(name, value);
        return tags;
    }

    private static string OutcomeOf(RecordedProcess process) => process.Exit switch
    {
        { Signal: 0, Code: 0 } => "succeeded",
        not null => "failed",
        null when process.End == "lost" => "failed",
        null => "detached",
    };

    private void Count(RecordedUsage usage, TagList tags)
    {
        _cpu.Add(usage.UserNs / 1e9, With(tags, "cpu.mode", "user"));
        _cpu.Add(usage.SystemNs / 1e9, With(tags, "cpu.mode", "system"));
        _faults.Add(usage.MinorFaults, With(tags, "system.paging.fault.type", "minor"));
        _faults.Add(usage.MajorFaults, With(tags, "system.paging.fault.type", "major"));
        if (usage.VoluntarySwitches is { } voluntary)
            _switches.Add(voluntary, With(tags, "process.context_switch.type", "voluntary"));
        if (usage.InvoluntarySwitches is { } involuntary)
            _switches.Add(involuntary, With(tags, "process.context_switch.type", "involuntary"));
        _memory.Record(usage.MaxRssBytes, tags);
    }

    private TagList TagsOf(RecordedProcess process, string name)
    {
        var tags = new TagList { { "process.executable.name", _series.NameFor(name) } };
        if (_withPid)
            tags.Add("process.pid", process.Pid);
        return tags;
    }
}
