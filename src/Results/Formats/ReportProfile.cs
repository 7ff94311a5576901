using System.Runtime.InteropServices;

namespace ForkFollow.Results.Formats;

/// <summary>
/// What was sampled, in the report's data: functions, stacks merged by function and module, and a table of weights by
/// thread and stack for each metric (CPU time, waits, run-queue delay, each traced event).
/// </summary>
/// <remarks>
/// Single samples are not written: a long run has millions. Their time is kept as CPU time per process in a few hundred
/// bins. Where cycles were sampled, a sample stands for the time between two samples.
/// </remarks>
internal sealed class ReportProfile
{
    private const int Bins = 500;

    private readonly ReportColumns _columns;
    private readonly RecordedSpan _tree;
    private readonly Profile _profile;

    /// <summary>For each process id its place in the list of processes.</summary>
    private readonly Dictionary<int, int> _places;

    private readonly MergedStacks _stacks;

    private ReportProfile(ReportColumns columns, RecordedRun run, RecordedSpan tree)
    {
        (_columns, _tree, _profile) = (columns, tree, run.Profile);
        _places = new(run.Processes.Count);
        for (int i = 0; i < run.Processes.Count; i++)
            _places[run.Processes[i].Id] = i;
        _stacks = new MergedStacks(_profile);
    }

    private bool InNanoseconds =>
        _profile.CpuEvent is null || _profile.CpuEvent.Contains("clock", StringComparison.Ordinal);

    internal static void Write(ReportColumns columns, RecordedRun run, RecordedSpan tree) =>
        new ReportProfile(columns, run, tree).Write();

    private void Write()
    {
        _columns.Json.WriteStartObject("profile");
        _columns.Json.WriteString("event", _profile.CpuEvent);
        _columns.Json.WriteNumber("frequency", _profile.Frequency);
        _columns.Json.WriteStartObject("threads");
        _columns.Write("process", _profile.Threads.Select(t => (long)_places.GetValueOrDefault(t.ProcessId, -1)));
        _columns.Write("tid", _profile.Threads.Select(t => (long)t.Tid));
        _columns.WriteTexts("name", _profile.Threads, t => t.Name);
        _columns.Json.WriteEndObject();
        WriteMetrics(); // gives out the merged stacks, which so contain only what is used
        _stacks.Write(_columns);
        WriteTimeline();
        _columns.Json.WriteEndObject();
    }

    private void WriteMetrics()
    {
        _columns.Json.WriteStartArray("metrics");
        if (_profile.CpuEvent is not null)
        {
            WriteMetric("cpu", InNanoseconds ? "ns" : _profile.CpuEvent,
                _profile.Samples.Select(s => (s.Thread, s.Stack, s.Weight, 1L)));
        }

        if (_profile.Waits.Count > 0)
        {
            WriteMetric("wait", "ns", _profile.Waits.Select(w => (w.Thread, w.Stack, w.WaitNs, w.Count)));
            WriteMetric("run-queue", "ns", _profile.Waits.Select(w => (w.Thread, w.Stack, w.RunQueueNs, w.Count)));
        }

        for (int i = 0; i < _profile.TraceEvents.Count; i++)
        {
            WriteMetric(_profile.TraceEvents[i], "count",
                _profile.Traces.Where(t => t.Event == i).Select(t => (t.Thread, t.Stack, t.Count, t.Count)));
        }

        _columns.Json.WriteEndArray();
    }

    private void WriteMetric(
        string name, string unit, IEnumerable<(int Thread, int Stack, long Weight, long Count)> rows)
    {
        var sums = new Dictionary<(int Thread, int Stack), (long Weight, long Count)>();
        foreach ((int thread, int stack, long weight, long count) in rows)
        {
            ref (long Weight, long Count) sum =
                ref CollectionsMarshal.GetValueRefOrAddDefault(sums, (thread, _stacks.NodeOf(stack)), out _);
            sum = (sum.Weight + weight, sum.Count + count);
        }

        var ordered = sums.Where(row => row.Value.Weight > 0)
            .OrderBy(row => row.Key.Thread).ThenBy(row => row.Key.Stack).ToList();
        _columns.Json.WriteStartObject();
        _columns.Json.WriteString("name", name);
        _columns.Json.WriteString("unit", unit);
        _columns.Write("thread", ordered.Select(row => (long)row.Key.Thread));
        _columns.Write("stack", ordered.Select(row => (long)row.Key.Stack));
        _columns.Write("weight", ordered.Select(row => row.Value.Weight));
        _columns.Write("count", ordered.Select(row => row.Value.Count));
        _columns.Json.WriteEndObject();
    }

    /// <summary>CPU time by bin and process. A bin is not shorter than two samples: it would show their beat.</summary>
    private void WriteTimeline()
    {
        long period = _profile.Frequency > 0 ? 1_000_000_000L / _profile.Frequency : 0;
        long width = Math.Max(Math.Max(_tree.WallNs / Bins, 2 * period), 1);
        var sums = new Dictionary<(int Process, long Bin), long>();
        foreach (CpuSample sample in _profile.Samples)
        {
            int process = _places.GetValueOrDefault(_profile.Threads[sample.Thread].ProcessId, -1);
            long bin = Math.Clamp((sample.TimeNs - _tree.StartNs) / width, 0, _tree.WallNs / width);
            ref long sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, (process, bin), out _);
            sum += InNanoseconds ? sample.Weight : period;
        }

        var ordered = sums.OrderBy(row => row.Key.Process).ThenBy(row => row.Key.Bin).ToList();
        _columns.Json.WriteStartObject("timeline");
        _columns.Json.WriteNumber("binNs", width);
        _columns.Write("process", ordered.Select(row => (long)row.Key.Process));
        _columns.Write("bin", ordered.Select(row => row.Key.Bin));
        _columns.Write("cpuNs", ordered.Select(row => row.Value));
        _columns.Json.WriteEndObject();
    }
}
