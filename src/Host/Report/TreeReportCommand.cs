using System.Text;

namespace ForkFollow.Host;

/// <summary>Writes the first column: the branches of the tree, then the command.</summary>
/// <param name="glyphs">What to draw with.</param>
/// <param name="deepest">Rows further down are not indented further; their depth is written before them.</param>
/// <param name="longest">No command needs to be longer: the column is not wider.</param>
internal sealed class TreeReportCommand(TreeReportGlyphs glyphs, int deepest, int longest)
{
    /// <summary>What stands before the children of a row.</summary>
    private readonly Dictionary<TreeReportRow, string> _below = [];

    /// <summary>The text of a row. Its parent's must have been written before.</summary>
    internal string Write(TreeReportRow row) => Branches(row) + Command(row);

    private string Branches(TreeReportRow row)
    {
        if (row.Parent is null)
        {
            _below[row] = "";
            return "";
        }

        string before = _below[row.Parent];
        if (row.Depth > deepest)
        {
            _below[row] = before;
            return before + glyphs.Ellipsis + Units.Exact(row.Depth) + " ";
        }

        _below[row] = before + (row.IsLast ? glyphs.Blank : glyphs.Through);
        return before + (row.IsLast ? glyphs.Last : glyphs.Branch);
    }

    private string Command(TreeReportRow row)
    {
        string command = Describe(row.First.Name, row.IsCollapsed ? null : row.First.Arguments, longest);
        return row.IsCollapsed ? $"{command} {glyphs.Times}{Units.Exact(row.Members.Count)}" : command;
    }

    /// <summary>A command line, safe to print.</summary>
    /// <param name="name">What the process is known by.</param>
    /// <param name="arguments">Its arguments, the program's name first; null for none.</param>
    /// <param name="longest">No more is needed: a command line may have megabytes.</param>
    internal static string Describe(string name, IReadOnlyList<string>? arguments, int longest)
    {
        var text = new StringBuilder(SafeText.Escape(Shorten(name, longest)));
        foreach (string argument in (arguments ?? []).Skip(1))
        {
            if (text.Length > longest)
                break;
            text.Append(' ').Append(Quote(SafeText.Escape(Shorten(argument, longest))));
        }

        return text.ToString();
    }

    /// <summary>So that an empty argument can be seen, and where one with spaces begins and ends.</summary>
    private static string Quote(string argument) =>
        argument.Length == 0 || argument.Contains(' ', StringComparison.Ordinal) ? $"'{argument}'" : argument;

    private static string Shorten(string text, int longest) => text.Length <= longest ? text : text[..longest];
}
