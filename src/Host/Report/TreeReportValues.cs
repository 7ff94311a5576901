using System.Text;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>What collectors and observers of somebody else's have found out of a process. Nothing of it is safe to print.</summary>
/// <param name="Name">What the process is known by.</param>
/// <param name="Arguments">Its command line; null for a fork that never called exec.</param>
/// <param name="Pid">Its pid.</param>
/// <param name="CpuNs">Its CPU time; null if not known.</param>
/// <param name="Values">Named values.</param>
/// <param name="Tables">Named tables.</param>
internal sealed record TreeReportFindings(
    string Name, IReadOnlyList<string>? Arguments, int Pid, long? CpuNs, IReadOnlyList<ResultValue> Values,
    IReadOnlyList<ResultTable> Tables);

/// <summary>
/// Writes the values and tables of processes, a block for each that has some, in birth order. A hundred lines at most: the
/// processes with the most CPU time have theirs, as in the tree, and of each the first few.
/// </summary>
/// <param name="glyphs">What to draw with.</param>
/// <param name="width">Columns of the terminal.</param>
internal sealed class TreeReportValues(TreeReportGlyphs glyphs, int width)
{
    private const int MostLines = 100;
    private const int MostValues = 20;
    private const int MostTables = 5;
    private const int MostRows = 10;
    private const int MostColumns = 8;
    private const int LongestName = 48;
    private const int LongestCell = 40;
    private const string Gap = "  ";

    /// <summary>The processes that have some, in birth order.</summary>
    internal static IReadOnlyList<TreeReportFindings> Build(RecordedRun run) =>
    [
        .. run.Processes.Where(process => process.Values is { Count: > 0 } || process.Tables is { Count: > 0 }).Select(process =>
            new TreeReportFindings(
                process.Name,
                TreeReportBuilder.ArgumentsOf(process),
                process.Pid,
                process.Rusage is { } usage ? usage.UserNs + usage.SystemNs : null,
                process.Values ?? [],
                process.Tables ?? [])),
    ];

    /// <summary>Writes them; nothing if there are none.</summary>
    internal void Write(StringBuilder output, IReadOnlyList<TreeReportFindings> all)
    {
        if (all.Count == 0)
            return;

        output.Append("values and tables of further collectors and observers:\n");
        var shown = new SortedDictionary<int, List<string>>();
        int lines = 0;
        foreach (int i in Enumerable.Range(0, all.Count).OrderByDescending(i => all[i].CpuNs ?? 0).ThenBy(i => i))
        {
            List<string> block = [.. Lines(all[i])];
            lines += block.Count;
            if (lines > MostLines && shown.Count > 0)
                break;
            shown.Add(i, block);
        }

        foreach (string line in shown.Values.SelectMany(block => block))
            output.Append(SafeText.Cut(line, width, glyphs.Ellipsis)).Append('\n');
        if (shown.Count < all.Count)
        {
            output.Append(glyphs.Ellipsis).Append(' ').Append(Units.Exact(all.Count - shown.Count))
                .Append(" more processes with less CPU time have some; tree.json has all\n");
        }
    }

    private IEnumerable<string> Lines(TreeReportFindings one)
    {
        string pid = $" [{one.Pid}]";
        string command = TreeReportCommand.Describe(one.Name, one.Arguments, width * 2);
        yield return SafeText.Cut(command, width - pid.Length, glyphs.Ellipsis) + pid;

        (string Name, string Value)[] values =
        [
            .. one.Values.Take(MostValues).Select(value => (Safe(value.Name, LongestName), Safe(Text(value.Value, value.Unit), width))),
        ];
        int widest = values.Select(value => SafeText.Width(value.Name)).DefaultIfEmpty().Max();
        foreach ((string name, string value) in values)
            yield return $"{Gap}{SafeText.Pad(name, widest)}{Gap}{value}";
        if (one.Values.Count > MostValues)
            yield return Gap + More(one.Values.Count - MostValues, "values");

        foreach (string line in one.Tables.Take(MostTables).SelectMany(Lines))
            yield return Gap + line;
        if (one.Tables.Count > MostTables)
            yield return Gap + More(one.Tables.Count - MostTables, "tables");
    }

    private IEnumerable<string> Lines(ResultTable table)
    {
        yield return Safe(table.Name, LongestName);
        int columns = Math.Min(table.Columns.Count, MostColumns);
        if (columns == 0)
            yield break;
        ResultCell[][] rows = [.. table.Rows.Take(MostRows).Select(row => row.Take(columns).ToArray())];
        string[][] cells =
        [
            [.. table.Columns.Take(columns).Select(column => Safe(column.Name, LongestCell).ToUpperInvariant())],
            .. rows.Select(row => row.Select((cell, i) => Safe(Text(cell, InCells(table.Columns[i].Unit)), LongestCell)).ToArray()),
        ];
        int[] widths = [.. Enumerable.Range(0, columns).Select(i => cells.Max(row => SafeText.Width(row[i])))];
        bool[] figures = [.. Enumerable.Range(0, columns).Select(i => Array.TrueForAll(rows, row => row[i].Number is not null))];
        foreach (string[] row in cells)
            yield return Gap + string.Join(Gap, row.Select((cell, i) => Align(cell, widths[i], figures[i]))).TrimEnd();
        if (table.Rows.Count > MostRows)
            yield return Gap + More(table.Rows.Count - MostRows, "rows");
        if (table.Columns.Count > MostColumns)
            yield return Gap + More(table.Columns.Count - MostColumns, "columns");
    }

    private static string Align(string cell, int columns, bool figure) =>
        figure ? new string(' ', columns - SafeText.Width(cell)) + cell : SafeText.Pad(cell, columns);

    private static string Text(ResultCell cell, string unit) => cell.Number is { } number ? Units.Measured(number, unit) : cell.Text;

    /// <summary>What is counted is said by the column's name.</summary>
    private static string InCells(string unit) => unit is ['{', .., '}'] ? "" : unit;

    private string More(int count, string what) => $"{glyphs.Ellipsis} {Units.Exact(count)} more {what}";

    private string Safe(string text, int columns) =>
        SafeText.Cut(SafeText.Escape(text.Length <= columns ? text : text[..(columns + 1)]), columns, glyphs.Ellipsis);
}
