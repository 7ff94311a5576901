using System.Text;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>
/// Writes what was not followed and why. Texts that differ in numbers only (pids as a rule) are one line with a count, and
/// each kind of gap has a few lines at most: one cause may have 10,000 effects.
/// </summary>
internal static class TreeReportLedger
{
    private const int MostLinesOfAKind = 3;
    private const int MostLines = 12;

    /// <summary>Writes nothing if there is nothing to say.</summary>
    internal static void Write(StringBuilder output, IReadOnlyList<RecordedNote> entries, TreeReportGlyphs glyphs)
    {
        if (entries.Count == 0)
            return;

        output.Append("not followed, or not as it should be (tree.json has more):\n");
        int lines = 0;
        long hidden = entries.Sum(entry => entry.Count ?? 0);
        foreach (IGrouping<string, RecordedNote> kind in entries.Where(entry => entry.Count is null).GroupBy(entry => entry.Kind))
        {
            int ofKind = 0;
            foreach (IGrouping<string, RecordedNote> alike in kind.GroupBy(entry => WithoutNumbers(entry.Text)))
            {
                if (ofKind++ >= MostLinesOfAKind || lines >= MostLines)
                {
                    hidden += alike.Count();
                    continue;
                }

                lines++;
                WriteLine(output, alike.First(), alike.Count(), glyphs);
            }
        }

        if (hidden > 0)
            output.Append("  ").Append(glyphs.Ellipsis).Append(" and ").Append(Units.Exact(hidden)).Append(" more\n");
    }

    private static void WriteLine(StringBuilder output, RecordedNote first, int count, TreeReportGlyphs glyphs)
    {
        output.Append("  ");
        if (count > 1)
            output.Append(glyphs.Times).Append(Units.Exact(count)).Append(", the first: ");
        output.Append(SafeText.Escape(first.Text)).Append('\n');
    }

    private static string WithoutNumbers(string text)
    {
        var pattern = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c))
                pattern.Append(c);
            else if (pattern.Length == 0 || pattern[^1] != '#')
                pattern.Append('#');
        }

        return pattern.ToString();
    }
}
