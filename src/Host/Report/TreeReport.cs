using System.Text;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>
/// The report at the end of a run: a line of totals, the process tree as a table, and the ledger. About 200 lines at most, and
/// 100 more for values and tables if they are wanted, whatever was followed: the rest is in tree.json. All that comes from a process is made safe for a terminal.
/// </summary>
internal static class TreeReport
{
    /// <summary>With totals, heading, notes and ledger that is 200 lines.</summary>
    private const int MostRows = 180;

    private const int LeastWidth = 40;

    /// <summary>Writes the report of a run.</summary>
    /// <param name="output">Drawn with lines if its encoding is UTF-8, with ASCII if not.</param>
    /// <param name="run">The run.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="verbose">With the values and tables that collectors and observers of others have added.</param>
    internal static void Write(TextWriter output, RecordedRun run, int width, bool verbose = false) =>
        Write(output, TreeReportBuilder.Build(run, verbose), width);

    /// <summary>Writes the report of a model.</summary>
    internal static void Write(TextWriter output, TreeReportModel model, int width)
    {
        TreeReportGlyphs glyphs = TreeReportGlyphs.For(output.Encoding);
        var text = new StringBuilder();
        text.Append("forkfollow: ").Append(model.Totals.ToLine()).Append('\n');
        if (model.Roots.Count > 0)
        {
            TreeReportRows rows = TreeReportRows.Make(model.Roots, MostRows);
            TreeReportTable.Write(text, rows.Shown, glyphs, Math.Max(width, LeastWidth));
            WriteNotes(text, rows, glyphs);
        }

        new TreeReportValues(glyphs, Math.Max(width, LeastWidth)).Write(text, model.Findings);
        TreeReportFunctions.Write(text, model.Sampling, model.Functions, Math.Max(width, LeastWidth));
        TreeReportDotNet.Write(text, model.Runtimes, Math.Max(width, LeastWidth));
        TreeReportLedger.Write(text, model.Ledger, glyphs);
        output.Write(text);
        output.Flush();
    }

    private static void WriteNotes(StringBuilder text, TreeReportRows rows, TreeReportGlyphs glyphs)
    {
        if (rows.LeftOut > 0)
        {
            text.Append(glyphs.Ellipsis).Append(' ').Append(Units.Exact(rows.LeftOut)).Append(" more rows (")
                .Append(Units.Exact(rows.ProcessesLeftOut))
                .Append(" processes) with the least CPU time are left out; tree.json has all\n");
        }

        if (rows.Shown.Any(row => row.IsCollapsed))
        {
            text.Append(glyphs.Times).Append("N: so many alike, their figures added up; PEAK RSS is the largest, ")
                .Append(glyphs.Sum.TrimEnd()).Append(" a sum of wall times that may overlap\n");
        }
    }
}
