using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>What one process, or several together, took. Null: not known.</summary>
/// <param name="WallNs">Time from its birth, or when we attached, to its end, nanoseconds; of several, the sum.</param>
/// <param name="CpuNs">Time on a CPU, nanoseconds; of several, the sum.</param>
/// <param name="PeakRssBytes">Peak resident set; of several, the largest.</param>
/// <param name="Switches">Context switches, but for our stops.</param>
/// <param name="Faults">Page faults.</param>
/// <param name="Cycles">CPU cycles.</param>
/// <param name="Instructions">Instructions.</param>
internal readonly record struct TreeReportFigures(
    long WallNs,
    long? CpuNs,
    long? PeakRssBytes,
    long? Switches,
    long? Faults,
    long? Cycles,
    long? Instructions)
{
    /// <summary>Both together. What is not known of one is left out, and is unknown only if it is so of both.</summary>
    internal TreeReportFigures Plus(in TreeReportFigures other) => new(
        WallNs + other.WallNs,
        Sum(CpuNs, other.CpuNs),
        PeakRssBytes is { } peak ? Math.Max(peak, other.PeakRssBytes ?? 0) : other.PeakRssBytes,
        Sum(Switches, other.Switches),
        Sum(Faults, other.Faults),
        Sum(Cycles, other.Cycles),
        Sum(Instructions, other.Instructions));

    private static long? Sum(long? one, long? other) => one is null ? other : one + (other ?? 0);
}

/// <summary>One process of the tree, as the report needs it: a model of its own, so that it can be made in tests.</summary>
internal sealed class TreeReportNode
{
    /// <summary>
    /// What it is called (<see cref="RecordedProcess.Name"/>). As the process gave it: not safe to print.
    /// </summary>
    internal required string Name { get; init; }

    /// <summary>
    /// Its command line, the program's name first, not safe to print; null for a fork that never called exec.
    /// </summary>
    internal IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>What it took itself, its children not included.</summary>
    internal TreeReportFigures Figures { get; init; }

    /// <summary>How its following ended.</summary>
    internal ProcessEnd End { get; init; }

    /// <summary>How it died; null if it did not, or nobody saw it.</summary>
    internal ProcessExit? Exit { get; init; }

    /// <summary>The processes that it made, in birth order.</summary>
    internal List<TreeReportNode> Children { get; } = [];

    /// <summary>The same for all that look alike, with what is below them. Set by <see cref="TreeReportKinds"/>.</summary>
    internal int Kind { get; set; }
}

/// <summary>All that a report is made of.</summary>
/// <param name="Totals">The sums over the whole run.</param>
/// <param name="Roots">The targets, and processes whose parent is not known.</param>
/// <param name="Ledger">What was not followed, and why.</param>
internal sealed record TreeReportModel(
    TreeReportTotals Totals, IReadOnlyList<TreeReportNode> Roots, IReadOnlyList<RecordedNote> Ledger)
{
    /// <summary>How CPU time was sampled; null if it was not.</summary>
    internal string? Sampling { get; init; }

    /// <summary>The top functions by executable; empty if CPU time was not sampled.</summary>
    internal IReadOnlyList<TreeReportProgram> Functions { get; init; } = [];

    /// <summary>The .NET runtimes by executable; empty if there were none.</summary>
    internal IReadOnlyList<TreeReportRuntimes> Runtimes { get; init; } = [];

    /// <summary>Values and tables of processes; empty if there are none, or they are not wanted.</summary>
    internal IReadOnlyList<TreeReportFindings> Findings { get; init; } = [];
}
