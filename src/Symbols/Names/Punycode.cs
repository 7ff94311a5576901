using System.Text;

namespace ForkFollow.Symbols;

/// <summary>Identifiers with other letters than those of ASCII: RFC 3492, with '_' instead of '-' before the digits.</summary>
internal static class Punycode
{
    private const int MaxRunes = 256;

    /// <summary>Decodes; null if it is none.</summary>
    internal static string? Decode(string text)
    {
        int split = text.LastIndexOf('_');
        List<Rune> runes = [];
        foreach (char one in split < 0 ? "" : text[..split])
        {
            if (!char.IsAscii(one))
                return null;
            runes.Add(new(one));
        }

        int code = 0x80, place = 0, bias = 72, damp = 700;
        for (int at = split + 1; at < text.Length;)
        {
            int? delta = Delta(text, ref at, bias);
            if (delta is null || runes.Count >= MaxRunes || delta > int.MaxValue - place)
                return null;
            int count = runes.Count + 1;
            place += delta.Value;
            code += place / count;
            place %= count;
            if (code is < 0 or > 0x10FFFF || !Rune.IsValid(code))
                return null;
            runes.Insert(place++, new(code));
            bias = Adapt(delta.Value / damp, count);
            damp = 2;
        }

        return string.Concat(runes);
    }

    private static int? Delta(string text, ref int at, int bias)
    {
        long delta = 0;
        long weight = 1;
        for (int k = 36; ; k += 36)
        {
            int digit = at >= text.Length ? -1 : text[at++] switch
            {
                >= 'a' and <= 'z' and var letter => letter - 'a',
                >= '0' and <= '9' and var number => number - '0' + 26,
                _ => -1,
            };
            int threshold = Math.Clamp(k - bias, 1, 26);
            delta += digit * weight;
            weight *= 36 - threshold;
            if (digit < 0 || delta > int.MaxValue || weight > int.MaxValue)
                return null;
            if (digit < threshold)
                return (int)delta;
        }
    }

    private static int Adapt(int delta, int count)
    {
        delta += delta / count;
        int k = 0;
        for (; delta > 455; k += 36)
            delta /= 35;
        return k + (36 * delta / (delta + 38));
    }
}
