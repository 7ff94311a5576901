namespace ForkFollow.Collectors.EventNames;

/// <summary>What the user may have meant.</summary>
public static class NearMatches
{
    private const int Most = 3;

    /// <summary>A part of a line, " (did you mean a or b?)": at most three names that are near; empty if none is.</summary>
    public static string Ask(string text, IEnumerable<string> names)
    {
        int allowed = Math.Clamp(text.Length / 3, 1, 3);
        string[] near =
        [
            .. names.Distinct()
                .Select(name => (Name: name, Distance: Distance(text, name)))
                .Where(one => one.Distance <= allowed)
                .OrderBy(one => one.Distance).ThenBy(one => one.Name, StringComparer.Ordinal)
                .Take(Most).Select(one => one.Name),
        ];
        return near.Length == 0 ? "" : $" (did you mean {string.Join(" or ", near)}?)";
    }

    /// <summary>
    /// How many letters must be put in, left out, changed or swapped with the next one, upper and lower case alike.
    /// </summary>
    public static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                int change = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                rows[i, j] = Math.Min(
                    Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1,
                    rows[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[a.Length, b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
