using System.Runtime.InteropServices;

namespace ForkFollow.Host;

/// <summary>
/// Decides which rows the table has. Siblings that look alike (<see cref="TreeReportKinds"/>) share one. A few are shown
/// each by itself, unless that makes the table long. If it is still too long, the rows with the least CPU time are left out.
/// <para>Nothing here recurses: a tree may be a chain of 10,000.</para>
/// </summary>
internal sealed class TreeReportRows
{
    /// <summary>Up to so many alike siblings have a row each, in a tree that is small then.</summary>
    private const int MostSingles = 4;

    /// <summary>More rows than this, and alike siblings are collapsed even if they are few.</summary>
    private const int SmallTree = 40;

    private readonly List<TreeReportRow> _all = [];
    private readonly int _mostSingles;

    private TreeReportRows(int mostSingles) => _mostSingles = mostSingles;

    /// <summary>The rows to print, each one behind its parent.</summary>
    internal IReadOnlyList<TreeReportRow> Shown { get; private set; } = [];

    /// <summary>How many rows are left out.</summary>
    internal int LeftOut { get; private set; }

    /// <summary>How many processes they stand for.</summary>
    internal int ProcessesLeftOut { get; private set; }

    /// <summary>Makes the rows of a tree, at most so many.</summary>
    internal static TreeReportRows Make(IReadOnlyList<TreeReportNode> roots, int most)
    {
        TreeReportKinds.Assign(roots);
        TreeReportRows rows = Make(roots, new TreeReportRows(MostSingles));
        if (rows._all.Count > SmallTree)
            rows = Make(roots, new TreeReportRows(mostSingles: 1));
        rows.Select(most);
        rows.FindLast();
        return rows;
    }

    private static TreeReportRows Make(IReadOnlyList<TreeReportNode> roots, TreeReportRows rows)
    {
        // Rows to be listed, the next one on top.
        var rest = new Stack<TreeReportRow>();
        rows.PushReversed(rest, parent: null, roots);
        while (rest.TryPop(out TreeReportRow? row))
        {
            rows._all.Add(row);
            rows.PushReversed(rest, row, row.Members.SelectMany(node => node.Children));
        }

        return rows;
    }

    private void PushReversed(Stack<TreeReportRow> rest, TreeReportRow? parent, IEnumerable<TreeReportNode> children)
    {
        List<TreeReportRow> rows = Group(parent, [.. children]);
        for (int i = rows.Count - 1; i >= 0; i--)
            rest.Push(rows[i]);
    }

    /// <summary>
    /// The rows of some siblings, in the order of their first-born. Below a row that stands for several they are cousins, and
    /// never shown one by one: each of the several has at least one of each kind, so that there are no fewer of them.
    /// </summary>
    private List<TreeReportRow> Group(TreeReportRow? parent, List<TreeReportNode> siblings)
    {
        var counts = new Dictionary<int, int>();
        foreach (TreeReportNode node in siblings)
            CollectionsMarshal.GetValueRefOrAddDefault(counts, node.Kind, out _)++;

        var rows = new List<TreeReportRow>(counts.Count);
        var collapsed = new Dictionary<int, TreeReportRow>();
        foreach (TreeReportNode node in siblings)
        {
            if (collapsed.TryGetValue(node.Kind, out TreeReportRow? row))
            {
                row.Add(node);
                continue;
            }

            row = new(parent, node);
            rows.Add(row);
            if (counts[node.Kind] > _mostSingles)
                collapsed.Add(node.Kind, row);
        }

        return rows;
    }

    /// <summary>
    /// Keeps the heaviest rows. A row weighs no more than its parent, and the earlier of two equal ones is kept: so no row
    /// is kept without its parent.
    /// </summary>
    private void Select(int most)
    {
        if (_all.Count <= most)
        {
            Shown = _all;
            return;
        }

        foreach (TreeReportRow row in _all)
            row.Weight = Math.Max(0, row.Figures.CpuNs ?? 0);
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            if (_all[i].Parent is { } parent)
                parent.Weight += _all[i].Weight;
        }

        int[] order = [.. Enumerable.Range(0, _all.Count).OrderByDescending(i => _all[i].Weight).ThenBy(i => i)];
        Shown = [.. order.Take(most).Order().Select(i => _all[i])];
        LeftOut = _all.Count - most;
        ProcessesLeftOut = order.Skip(most).Sum(i => _all[i].Members.Count);
    }

    private void FindLast()
    {
        var seen = new HashSet<TreeReportRow>();
        foreach (TreeReportRow row in Shown.Reverse())
            row.IsLast = row.Parent is null || seen.Add(row.Parent);
    }
}
