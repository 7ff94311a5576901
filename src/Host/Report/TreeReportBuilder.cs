using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>Makes the report's model of a recorded run. For one run and one thread.</summary>
internal sealed class TreeReportBuilder
{
    private readonly long _end;

    /// <summary>Thousands run the same few programs: each name is kept once.</summary>
    private readonly HashSet<string> _names = [];

    private TreeReportBuilder(long end) => _end = end;

    /// <summary>Makes the model; if verbose, with the values and tables of collectors and observers of others.</summary>
    internal static TreeReportModel Build(RecordedRun run, bool verbose = false)
    {
        var totals = new TreeReportTotals { WallNs = run.Tree.WallNs, OwnWallNs = run.DurationNs, Execs = run.Processes.Sum(one => one.Execs.Count) };
        var executables = new Executables(run.Processes);
        return new(totals, new TreeReportBuilder(run.DurationNs).BuildTree(run.Processes, totals), run.Ledger)
        {
            Sampling = TreeReportFunctions.Describe(run),
            Functions = TreeReportFunctions.Build(run, executables),
            Runtimes = TreeReportDotNet.Build(run, executables),
            Findings = verbose ? TreeReportValues.Build(run) : [],
        };
    }

    private List<TreeReportNode> BuildTree(IReadOnlyList<RecordedProcess> all, TreeReportTotals totals)
    {
        var nodes = new Dictionary<int, TreeReportNode>(all.Count);
        foreach (RecordedProcess process in all)
        {
            TreeReportNode node = MakeNode(process);
            totals.Add(node.End, node.Exit, process.Threads, process.Rusage);
            nodes[process.Id] = node;
        }

        // A second pass: a child that stopped before its parent was known may be the elder of the two.
        var roots = new List<TreeReportNode>();
        foreach (RecordedProcess process in all)
        {
            TreeReportNode node = nodes[process.Id];
            if (process.ParentId is { } parent && nodes.TryGetValue(parent, out TreeReportNode? parentNode))
                parentNode.Children.Add(node);
            else
                roots.Add(node);
        }

        return roots;
    }

    private TreeReportNode MakeNode(RecordedProcess process) => new()
    {
        Name = Keep(process.Name),
        Arguments = ArgumentsOf(process),
        Figures = MakeFigures(process),
        End = process.End switch
        {
            "exited" => ProcessEnd.Exited,
            "detached" => ProcessEnd.Detached,
            "lost" => ProcessEnd.Lost,
            _ => ProcessEnd.Alive,
        },
        Exit = process.Exit is { } exit ? new(exit.Code, exit.Signal, exit.Core) : null,
    };

    /// <summary>
    /// The arguments, behind the name. Of a title (nginx and PostgreSQL put one in place of theirs) its words: <c>nginx: worker process</c>.
    /// </summary>
    internal static IReadOnlyList<string>? ArgumentsOf(RecordedProcess process) =>
        process is { Execs: [], Found.Args: [var title] } && title.Contains(' ', StringComparison.Ordinal)
            ? title.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : process.Image?.Args;

    private TreeReportFigures MakeFigures(RecordedProcess process)
    {
        RecordedUsage? usage = process.Rusage;
        return new(
            (process.EndNs ?? _end) - process.FollowedNs,
            usage is null ? Value(process, "task-clock") : usage.UserNs + usage.SystemNs,
            usage?.MaxRssBytes,
            (usage?.VoluntarySwitches + usage?.InvoluntarySwitches) ?? (Value(process, "context-switches") - (usage?.Stops ?? 0)),
            (usage?.MinorFaults + usage?.MajorFaults) ?? Value(process, "page-faults"),
            Value(process, "cycles"),
            Value(process, "instructions"));
    }

    private static long? Value(RecordedProcess process, string counter) =>
        process.Counters.TryGetValue(counter, out long value) ? value : null;

    private string Keep(string name)
    {
        if (_names.TryGetValue(name, out string? kept))
            return kept;
        _names.Add(name);
        return name;
    }
}
