namespace ForkFollow.Results.Formats;

/// <summary>
/// Names as they go into result files. Commands, paths and symbols come from hostile processes: what a terminal or a
/// viewer would obey rather than show is replaced, and so is what no UTF-8 can hold. Any thread.
/// </summary>
internal static class FormatText
{
    /// <summary>Longer names are cut: viewers draw every character, and no name needs more.</summary>
    internal const int MaxLength = 4096;

    private const char Replacement = '\uFFFD';

    /// <summary>
    /// The text with U+FFFD in place of control characters (C0, DEL, C1), line and paragraph separators, directional
    /// overrides and surrogates without a partner, cut to <see cref="MaxLength"/>. <c>?</c> for an empty one.
    /// </summary>
    internal static string Clean(string text)
    {
        if (text.Length == 0)
            return "?";
        int length = Math.Min(text.Length, MaxLength);
        if (length < text.Length && char.IsHighSurrogate(text[length - 1]))
            length--;
        int bad = 0;
        while (bad < length && !IsBad(text, bad))
            bad++;
        if (bad == text.Length)
            return text;

        return string.Create(length < text.Length ? length + 1 : length, (text, length, bad), static (target, source) =>
        {
            source.text.AsSpan(0, source.length).CopyTo(target);
            for (int i = source.bad; i < source.length; i++)
            {
                if (IsBad(source.text, i))
                    target[i] = Replacement;
            }

            if (target.Length > source.length)
                target[^1] = '…';
        });
    }

    /// <summary>A command line in one string, for people to read: an argument with a space in it stands in quotes.</summary>
    internal static string CommandLine(IReadOnlyList<string> arguments)
    {
        var line = new System.Text.StringBuilder();
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

    private static bool IsBad(string text, int index)
    {
        char c = text[index];
        return char.IsControl(c)
            || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')
            || (char.IsHighSurrogate(c) && (index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1])))
            || (char.IsLowSurrogate(c) && (index == 0 || !char.IsHighSurrogate(text[index - 1])));
    }
}
