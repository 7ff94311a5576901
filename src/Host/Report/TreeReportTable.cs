using System.Globalization;
using System.Text;

namespace ForkFollow.Host;

/// <summary>Lays out the rows: the command, as wide as there is room, then figures aligned right, then the exit.</summary>
internal sealed class TreeReportTable
{
    private const string Unknown = "-";
    private const string Gap = "  ";

    /// <summary>If the command had less room than this, columns of figures are left out.</summary>
    private const int LeastCommand = 28;

    /// <summary>The room of the command in the narrowest of terminals.</summary>
    private const int LeastWidth = 12;

    private readonly TreeReportGlyphs _glyphs;
    private readonly IReadOnlyList<TreeReportRow> _rows;

    private TreeReportTable(IReadOnlyList<TreeReportRow> rows, TreeReportGlyphs glyphs)
    {
        _rows = rows;
        _glyphs = glyphs;
    }

    /// <summary>Writes the heading and a line for each row.</summary>
    internal static void Write(
        StringBuilder output, IReadOnlyList<TreeReportRow> rows, TreeReportGlyphs glyphs, int width) =>
        new TreeReportTable(rows, glyphs).Write(output, width);

    private void Write(StringBuilder output, int width)
    {
        // Deeper rows would leave no room for their own names.
        var writer = new TreeReportCommand(_glyphs, deepest: Math.Clamp(width / 6, 3, 24), longest: width * 2);
        string[] commands = ["COMMAND", .. _rows.Select(writer.Write)];
        string[] ends = ["EXIT", .. _rows.Select(row => row.DescribeEnd())];
        List<string[]> figures = MakeFigures();

        int wanted = commands.Max(SafeText.Width);
        int room = Room();
        while (room < Math.Min(wanted, LeastCommand) && figures.Count > 2)
        {
            figures.RemoveAt(figures.Count - 1);
            room = Room();
        }

        int commandWidth = Math.Min(wanted, Math.Max(room, LeastWidth));
        int[] widths = [.. figures.Select(WidthOf)];
        for (int i = 0; i < commands.Length; i++)
        {
            output.Append(SafeText.Pad(SafeText.Cut(commands[i], commandWidth, _glyphs.Ellipsis), commandWidth));
            for (int column = 0; column < widths.Length; column++)
                output.Append(Gap).Append(figures[column][i].PadLeft(widths[column]));
            output.Append(Gap).Append(ends[i]).Append('\n');
        }

        int Room() => width - WidthOf(ends) - Gap.Length - figures.Sum(column => WidthOf(column) + Gap.Length);
    }

    private static int WidthOf(string[] column) => column.Max(cell => cell.Length);

    /// <summary>The columns of figures, the dearest first. One in which nothing is known is not shown.</summary>
    private List<string[]> MakeFigures()
    {
        List<string[]> columns =
            [MakeColumn("WALL", Wall), MakeColumn("CPU", row => Show(row.Figures.CpuNs, Units.Duration))];
        AddIfKnown("PEAK RSS", row => Show(row.Figures.PeakRssBytes, Units.Bytes));
        AddIfKnown("SWITCHES", row => Show(row.Figures.Switches, Units.Count));
        AddIfKnown("FAULTS", row => Show(row.Figures.Faults, Units.Count));
        AddIfKnown("IPC", InstructionsPerCycle);
        return columns;

        void AddIfKnown(string heading, Func<TreeReportRow, string> cell)
        {
            string[] column = MakeColumn(heading, cell);
            if (column.Skip(1).Any(text => text != Unknown))
                columns.Add(column);
        }
    }

    private string[] MakeColumn(string heading, Func<TreeReportRow, string> cell) => [heading, .. _rows.Select(cell)];

    private string Wall(TreeReportRow row) => (row.IsCollapsed ? _glyphs.Sum : "") + Units.Duration(row.Figures.WallNs);

    private static string InstructionsPerCycle(TreeReportRow row) =>
        row.Figures is { Cycles: > 0, Instructions: not null }
            ? ((double)row.Figures.Instructions / row.Figures.Cycles.Value).ToString("0.00", CultureInfo.InvariantCulture)
            : Unknown;

    private static string Show(long? value, Func<long, string> format) => value is { } known ? format(known) : Unknown;
}
