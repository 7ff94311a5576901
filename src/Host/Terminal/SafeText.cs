using System.Globalization;
using System.Text;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>
/// Text of others (command lines, file names, messages with them) on its way to a terminal. A process may put escape
/// sequences into its arguments that retitle the terminal, move its cursor or answer as if typed; direction overrides that
/// show a name backwards; line ends that fake a line of ours. All of these are shown as what they are, in ASCII.
/// </summary>
internal static class SafeText
{
    /// <summary>Marks and joiners take no column: without a bound they could make a narrow text endless.</summary>
    private const int MostCharsPerColumn = 4;

    /// <summary>Code points that terminals show two columns wide (East Asian Width W and F, in large strokes).</summary>
    private static readonly (int First, int Last)[] _wide =
    [
        (0x1100, 0x115f), (0x2e80, 0x303e), (0x3041, 0x33ff), (0x3400, 0x4dbf), (0x4e00, 0x9fff), (0xa000, 0xa4cf),
        (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfe30, 0xfe6f), (0xff00, 0xff60), (0xffe0, 0xffe6), (0x1f300, 0x1f64f),
        (0x1f680, 0x1f6ff), (0x1f900, 0x1f9ff), (0x20000, 0x3fffd),
    ];

    /// <summary>
    /// The text with all that is not plain printable characters spelt out: <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\x1b</c>,
    /// <c>\u202e</c>, <c>\U000e0001</c>. The same string if there is nothing of that kind.
    /// </summary>
    internal static string Escape(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        int harmless = Printable.PrefixOf(text);
        if (harmless == text.Length)
            return text;

        var safe = new StringBuilder(text.Length + 16).Append(text, 0, harmless);
        ReadOnlySpan<char> rest = text.AsSpan(harmless);
        while (!rest.IsEmpty)
        {
            // A lone surrogate decodes as U+FFFD of length 1, which would hide what it was.
            bool valid = Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (valid && Printable.Is(rune))
                safe.Append(rest[..length]);
            else
                AppendEscaped(safe, valid ? rune.Value : rest[0]);
            rest = rest[length..];
        }

        return safe.ToString();
    }

    /// <summary>How many columns of a terminal a safe text takes.</summary>
    internal static int Width(string safe)
    {
        int width = 0;
        foreach (Rune rune in safe.EnumerateRunes())
            width += WidthOf(rune);
        return width;
    }

    /// <summary>A safe text cut to so many columns, with <paramref name="ellipsis"/> at its end if it was longer.</summary>
    internal static string Cut(string safe, int columns, string ellipsis)
    {
        int mostChars = columns * MostCharsPerColumn;
        if (safe.Length <= columns && Width(safe) <= columns)
            return safe;

        int room = columns - ellipsis.Length;
        int width = 0;
        int at = 0;
        int cut = 0;
        foreach (Rune rune in safe.EnumerateRunes())
        {
            width += WidthOf(rune);
            at += rune.Utf16SequenceLength;
            if (width <= room && at <= mostChars)
                cut = at;
            if (width > columns || at > mostChars)
                return string.Concat(safe.AsSpan(0, cut), room < 0 ? "" : ellipsis);
        }

        return safe;
    }

    /// <summary>A safe text with spaces behind it, so that it takes at least so many columns.</summary>
    internal static string Pad(string safe, int columns) => safe + new string(' ', Math.Max(0, columns - Width(safe)));

    private static void AppendEscaped(StringBuilder safe, int value)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        _ = value switch
        {
            '\n' => safe.Append(@"\n"),
            '\r' => safe.Append(@"\r"),
            '\t' => safe.Append(@"\t"),
            < 0x100 => safe.Append(invariant, $@"\x{value:x2}"),
            < 0x10000 => safe.Append(invariant, $@"\u{value:x4}"),
            _ => safe.Append(invariant, $@"\U{value:x8}"),
        };
    }

    private static int WidthOf(Rune rune)
    {
        if (rune.IsAscii)
            return 1;
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
            return 0;
        foreach ((int first, int last) in _wide)
        {
            if (rune.Value >= first && rune.Value <= last)
                return 2;
        }

        return 1;
    }
}
