using ForkFollow.Follower;

namespace ForkFollow.Host;

/// <summary>One row of the table: a process, or several that look alike.</summary>
internal sealed class TreeReportRow
{
    private int _failed;
    private int _detached;
    private int _lost;
    private int _alive;

    internal TreeReportRow(TreeReportRow? parent, TreeReportNode first)
    {
        Parent = parent;
        Depth = parent is null ? 0 : parent.Depth + 1;
        First = first;
        Figures = first.Figures;
        Members.Add(first);
        CountEnd(first);
    }

    /// <summary>The row that it hangs from; null at the top.</summary>
    internal TreeReportRow? Parent { get; }

    /// <summary>How far below the top.</summary>
    internal int Depth { get; }

    /// <summary>The process, or the first-born of several.</summary>
    internal TreeReportNode First { get; }

    /// <summary>Those that it stands for.</summary>
    internal List<TreeReportNode> Members { get; } = [];

    /// <summary>What they took together.</summary>
    internal TreeReportFigures Figures { get; private set; }

    /// <summary>CPU time of the row and all rows below it, nanoseconds: what it weighs when rows must be left out.</summary>
    internal long Weight { get; set; }

    /// <summary>No row of the same parent follows it.</summary>
    internal bool IsLast { get; set; }

    /// <summary>Whether it stands for several.</summary>
    internal bool IsCollapsed => Members.Count > 1;

    /// <summary>Adds one that looks alike.</summary>
    internal void Add(TreeReportNode node)
    {
        Members.Add(node);
        Figures = Figures.Plus(node.Figures);
        CountEnd(node);
    }

    /// <summary>
    /// How it ended: <c>0</c>, <c>1</c>, <c>SIGKILL</c>, <c>SIGSEGV (core)</c>, <c>alive</c>, <c>detached</c>, <c>lost</c>;
    /// of several, <c>0</c> if all exited with that, else what is worst: <c>3 of 412 failed</c>.
    /// </summary>
    internal string DescribeEnd()
    {
        if (!IsCollapsed)
            return Describe(First);
        (int count, string what) = this switch
        {
            { _failed: > 0 } => (_failed, "failed"),
            { _lost: > 0 } => (_lost, "lost"),
            { _alive: > 0 } => (_alive, "alive"),
            { _detached: > 0 } => (_detached, "detached"),
            _ => (0, "0"),
        };
        if (count == 0)
            return what;
        return count == Members.Count ? "all " + what : $"{Units.Exact(count)} of {Units.Exact(Members.Count)} {what}";
    }

    private static string Describe(TreeReportNode node) => node.End switch
    {
        ProcessEnd.Alive => "alive",
        ProcessEnd.Detached => "detached",
        ProcessEnd.Lost => "lost",
        _ => node.Exit switch
        {
            null => "-",
            { Signal: 0 } exit => Units.Exact(exit.Code),
            { } exit => Signals.Name(exit.Signal) + (exit.DumpedCore ? " (core)" : ""),
        },
    };

    private void CountEnd(TreeReportNode node)
    {
        switch (node.End)
        {
            case ProcessEnd.Alive:
                _alive++;
                break;
            case ProcessEnd.Detached:
                _detached++;
                break;
            case ProcessEnd.Lost:
                _lost++;
                break;
            default:
                _failed += node.Exit is null or { ShellStatus: 0 } ? 0 : 1;
                break;
        }
    }
}
