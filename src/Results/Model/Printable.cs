using System.Globalization;
using System.Text;

namespace ForkFollow.Results;

/// <summary>
/// Which characters of others' texts (command lines, file names, symbols) may be shown as they are, on a terminal and in files that
/// viewers print there: the one rule for all of that. Any thread.
/// </summary>
public static class Printable
{
    /// <summary>Not so: C0, DEL, C1, direction and joining controls, line separators, and what has no agreed look.</summary>
    public static bool Is(Rune rune) =>
        rune.IsAscii
            ? rune.Value is >= 0x20 and < 0x7f
            : Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    /// <summary>How many chars at the beginning of a text may be shown as they are: its length if all may.</summary>
    public static int PrefixOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = 0;
        while (at < text.Length && Rune.TryGetRuneAt(text, at, out Rune rune) && Is(rune))
            at += rune.Utf16SequenceLength;
        return at;
    }
}
