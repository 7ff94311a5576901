using System.Globalization;
using System.Text;

namespace ForkFollow.Symbols;

/// <summary>
/// Names as rustc made them before RFC 2603 and can still make: <c>_ZN</c>, identifiers with their lengths, the last of which is
/// a hash, and <c>E</c>. Within identifiers what C does not allow is escaped. The hash is left out.
/// </summary>
internal static class RustLegacy
{
    private const int HashLength = 17;

    /// <summary>The readable name, and how much of the mangled one it stands for. Null if it is none of these.</summary>
    internal static string? Demangle(ReadOnlySpan<char> name, out int used)
    {
        used = 0;
        List<Range> parts = [];
        int at = 3;
        if (!name.StartsWith("_ZN"))
            return null;
        while (at < name.Length && name[at] != 'E')
        {
            int length = 0;
            int digits = at;
            for (; at < name.Length && char.IsAsciiDigit(name[at]) && length < name.Length; at++)
                length = (10 * length) + (name[at] - '0');
            if (at == digits || length == 0 || length > name.Length - at)
                return null;
            parts.Add(at..(at + length));
            at += length;
        }

        if (at >= name.Length || parts.Count < 2 || !IsHash(name[parts[^1]]))
            return null;
        used = at + 1;
        var text = new StringBuilder();
        for (int i = 0; i < parts.Count - 1; i++)
        {
            text.Append(i == 0 ? "" : "::");
            AddPart(text, name[parts[i]]);
        }

        return text.ToString();
    }

    private static bool IsHash(ReadOnlySpan<char> part)
    {
        if (part.Length != HashLength || part[0] != 'h')
            return false;

        // A C++ name may look like one; a hash has many different digits.
        int seen = 0;
        foreach (char digit in part[1..])
        {
            if (!char.IsAsciiHexDigitLower(digit))
                return false;
            seen |= 1 << (digit <= '9' ? digit - '0' : digit - 'a' + 10);
        }

        return int.PopCount(seen) >= 5;
    }

    private static void AddPart(StringBuilder text, ReadOnlySpan<char> part)
    {
        if (part.StartsWith("_$"))
            part = part[1..];
        while (!part.IsEmpty)
        {
            if (part.StartsWith(".."))
            {
                text.Append("::");
                part = part[2..];
                continue;
            }

            int end = part[0] == '$' ? part[1..].IndexOf('$') : -1;
            if (part[0] == '$' && (end < 0 || Escape(part[1..(end + 1)]) is null))
            {
                text.Append(part);
                return;
            }

            if (part[0] == '$')
            {
                text.Append(Escape(part[1..(end + 1)]));
                part = part[(end + 2)..];
                continue;
            }

            text.Append(part[0]);
            part = part[1..];
        }
    }

    private static string? Escape(ReadOnlySpan<char> name) => name switch
    {
        "SP" => "@",
        "BP" => "*",
        "RF" => "&",
        "LT" => "<",
        "GT" => ">",
        "LP" => "(",
        "RP" => ")",
        "C" => ",",
        ['u', .. { Length: > 0 and <= 6 } digits] when
            int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
            && Rune.IsValid(code) && !Rune.IsControl(new(code)) => new Rune(code).ToString(),
        _ => null,
    };
}
