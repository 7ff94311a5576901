using ForkFollow.Collectors;
using ForkFollow.Follower;

namespace ForkFollow.Host;

/// <summary>Makes the report's model from the results of a run. For one run and one thread.</summary>
internal sealed class TreeReportBuilder
{
    private readonly long _now;

    /// <summary>Thousands run the same few programs: each name is kept once.</summary>
    private readonly HashSet<string> _names = [];

    /// <summary>All processes share one list of event names, so that one look is enough.</summary>
    private IReadOnlyList<string>? _events;
    private int _switches;
    private int _faults;
    private int _cycles;
    private int _instructions;
    private int _taskClock;

    private TreeReportBuilder(long now) => _now = now;

    /// <summary>Makes the model.</summary>
    /// <param name="results">The results; complete, or as far as they have come.</param>
    /// <param name="figures">What the follower counted, and the ledger.</param>
    /// <param name="now">A Stopwatch timestamp: the end of what has not ended.</param>
    internal static TreeReportModel Build(RunResults results, FollowerFigures figures, long now)
    {
        long end = results.EndTimestamp == 0 ? now : results.EndTimestamp;
        var totals = new TreeReportTotals { WallNs = end - results.StartTimestamp, Execs = figures.Execs };
        return new(totals, new TreeReportBuilder(end).BuildTree(results.ToList(), totals), [.. figures.Ledger]);
    }

    private List<TreeReportNode> BuildTree(List<ProcessResult> all, TreeReportTotals totals)
    {
        var nodes = new Dictionary<int, TreeReportNode>(all.Count);
        foreach (ProcessResult result in all)
        {
            FollowedProcess process = result.Process;
            totals.Add(process.End, process.Exit, process.ThreadsSeen, result.Usage ?? process.Usage);
            nodes[process.Id] = MakeNode(result);
        }

        // A second pass: a child that stopped before its parent was known may be the elder of the two.
        var roots = new List<TreeReportNode>();
        foreach (ProcessResult result in all)
        {
            TreeReportNode node = nodes[result.Process.Id];
            if (result.Process.Parent is { } parent && nodes.TryGetValue(parent.Id, out TreeReportNode? parentNode))
                parentNode.Children.Add(node);
            else
                roots.Add(node);
        }

        return roots;
    }

    private TreeReportNode MakeNode(ProcessResult result)
    {
        FollowedProcess process = result.Process;
        ExecImage? image = process.Execs.Count == 0 ? null : process.Execs[^1];
        return new()
        {
            Name = Keep(image is null ? $"({process.Comm})" : ProgramName(process, image)),
            Arguments = image is null ? null : image.GetArguments,
            Figures = MakeFigures(result),
            End = process.End,
            Exit = process.Exit,
        };
    }

    private static string ProgramName(FollowedProcess process, ExecImage image)
    {
        // The name it was called by says more than the file: gcc rather than x86_64-linux-gnu-gcc-14.
        IReadOnlyList<string> arguments = image.GetArguments();
        string name = arguments.Count == 0 ? "" : Path.GetFileName(arguments[0]);
        if (name.Length == 0)
            name = Path.GetFileName(image.Path);
        return name.Length == 0 ? process.Comm : name;
    }

    private TreeReportFigures MakeFigures(ProcessResult result)
    {
        FollowedProcess process = result.Process;
        ResourceUsage? usage = result.Usage ?? process.Usage;
        CounterValues? counters = result.Counters;
        FindEvents(counters);
        long end = process.End == ProcessEnd.Alive ? _now : process.EndTimestamp;
        return new(
            end - process.StartTimestamp,
            usage is null ? Value(counters, _taskClock) : usage.UserNs + usage.SystemNs,
            usage?.MaxRssBytes,
            Value(counters, _switches) ?? (usage?.VoluntarySwitches + usage?.InvoluntarySwitches),
            Value(counters, _faults) ?? (usage?.MinorFaults + usage?.MajorFaults),
            Value(counters, _cycles),
            Value(counters, _instructions));
    }

    private void FindEvents(CounterValues? counters)
    {
        if (counters is null || ReferenceEquals(counters.Events, _events))
            return;
        _events = counters.Events;
        List<string> names = [.. counters.Events];
        _switches = names.IndexOf("context-switches");
        _faults = names.IndexOf("page-faults");
        _cycles = names.IndexOf("cycles");
        _instructions = names.IndexOf("instructions");
        _taskClock = names.IndexOf("task-clock");
    }

    private static long? Value(CounterValues? counters, int index) =>
        counters is null || index < 0 ? null : counters.Values[index];

    private string Keep(string name)
    {
        if (_names.TryGetValue(name, out string? kept))
            return kept;
        _names.Add(name);
        return name;
    }
}
