using System.Text;

namespace ForkFollow.Results.Formats;

/// <summary>
/// Names as they go into result files. Commands, paths and symbols come from hostile processes: what a terminal or a
/// viewer would obey rather than show is replaced, and so is what no UTF-8 can hold. Any thread.
/// </summary>
internal static class FormatText
{
    /// <summary>Longer names are cut: viewers draw every character, and no name needs more.</summary>
    internal const int MaxLength = 4096;

    /// <summary>
    /// The text with U+FFFD in place of each character that is not to be shown as it is (<see cref="Printable"/>) and of surrogates
    /// without a partner, cut to <see cref="MaxLength"/>. <c>?</c> for an empty one.
    /// </summary>
    internal static string Clean(string text)
    {
        if (text.Length == 0)
            return "?";
        if (text.Length > MaxLength)
            text = text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)] + "…";
        if (Printable.PrefixOf(text) == text.Length)
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) // a lone surrogate comes as U+FFFD
            clean.Append((Printable.Is(rune) ? rune : Rune.ReplacementChar).ToString());
        return clean.ToString();
    }

    /// <summary>A command line in one string, for people to read: an argument with a space in it stands in quotes.</summary>
    internal static string CommandLine(IReadOnlyList<string> arguments)
    {
        var line = new StringBuilder();
        foreach (string argument in arguments)
        {
            if (line.Length > MaxLength)
                break;
            if (line.Length > 0)
                line.Append(' ');
            bool quoted = argument.Length == 0 || argument.Contains(' ', StringComparison.Ordinal);
            line.Append(quoted ? "'" : "").Append(argument).Append(quoted ? "'" : "");
        }

        return line.Length == 0 ? "" : Clean(line.ToString());
    }
}
