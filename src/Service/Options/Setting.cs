using System.Globalization;
using ForkFollow.Collectors.EventNames;

namespace ForkFollow.Service;

/// <summary>One setting of <see cref="ForkFollowOptions"/>, as a text: in the configuration, and on the command line.</summary>
/// <param name="Key">Its name in the section.</param>
/// <param name="Show">Its value, as <paramref name="Apply"/> takes it; empty for one that is null.</param>
/// <param name="Apply">Sets it. Returns what is wrong with the text and what it takes, or null.</param>
internal sealed record Setting(string Key, Func<ForkFollowOptions, string> Show, Func<ForkFollowOptions, string, string?> Apply)
{
    internal static Setting Flag(string key, Func<ForkFollowOptions, bool> get, Action<ForkFollowOptions, bool> set) => new(
        key,
        options => get(options) ? "true" : "false",
        (options, text) =>
        {
            bool? value = text switch { "1" => true, "0" => false, _ => bool.TryParse(text, out bool given) ? given : null };
            if (value is null)
                return $"'{text}' is neither true nor false; it takes one of them, or 1 or 0";
            set(options, value.Value);
            return null;
        });

    internal static Setting Number(
        string key, int least, int most, Func<ForkFollowOptions, int> get, Action<ForkFollowOptions, int> set) => new(
        key,
        options => get(options).ToString(CultureInfo.InvariantCulture),
        (options, text) =>
        {
            if (!TryRead(text, out double number))
                return $"'{text}' is no number{MeantPoint(text)}; it takes a whole number from {least} to {most}";
            if (number < least || number > most)
                return $"'{text}' is out of range; it takes a whole number from {least} to {most}";
            if (!int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value))
                return $"'{text}' is no whole number; it takes one from {least} to {most}";
            set(options, value);
            return null;
        });

    internal static Setting Seconds(
        string key, string takes, double least, double most,
        Func<ForkFollowOptions, TimeSpan?> get, Action<ForkFollowOptions, TimeSpan> set) => new(
        key,
        options => get(options)?.TotalSeconds.ToString(CultureInfo.InvariantCulture) ?? "",
        (options, text) =>
        {
            if (!TryRead(text, out double seconds))
                return $"'{text}' is no number{MeantPoint(text)}; it takes seconds, {takes}";
            if (seconds < least || seconds > most)
                return $"'{text}' is out of range; it takes seconds, {takes}";
            set(options, TimeSpan.FromSeconds(seconds));
            return null;
        });

    /// <summary>A member of an enum by its name, in small letters.</summary>
    internal static Setting Choice<T>(string key, Func<ForkFollowOptions, T> get, Action<ForkFollowOptions, T> set)
        where T : struct, Enum => new(
        key,
        options => Spell(get(options)),
        (options, text) =>
        {
            foreach (T value in Enum.GetValues<T>())
            {
                if (!string.Equals(Spell(value), text, StringComparison.Ordinal))
                    continue;
                set(options, value);
                return null;
            }

            string[] names = [.. Enum.GetValues<T>().Select(Spell)];
            return $"there is no '{text}'{NearMatches.Ask(text, names)}; it takes {string.Join(" or ", names)}";
        });

    internal static Setting Path(string key, Func<ForkFollowOptions, string?> get, Action<ForkFollowOptions, string> set) => new(
        key,
        options => get(options) ?? "",
        (options, text) =>
        {
            if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
                return $"'{text}' is no path; it takes that of a directory";
            set(options, text);
            return null;
        });

    /// <summary>Names with commas between.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="what">What a name is one of.</param>
    /// <param name="names">The names that there are.</param>
    /// <param name="all">What <c>all</c> stands for; null if it is no word. <c>none</c> always stands for none.</param>
    /// <param name="get">Gets them.</param>
    /// <param name="set">Sets them.</param>
    internal static Setting Names(
        string key, string what, IReadOnlyList<string> names, IReadOnlyList<string>? all,
        Func<ForkFollowOptions, IReadOnlyList<string>?> get, Action<ForkFollowOptions, IReadOnlyList<string>> set) => new(
        key,
        options => get(options) switch { null => "", [] => "none", { } some => string.Join(',', some) },
        (options, text) =>
        {
            string[] given = text == "none" ? [] : all is not null && text == "all" ? [.. all] : [.. text.Split(',').Select(name => name.Trim()).Distinct()];
            if (given.FirstOrDefault(name => name == "none" || (all is not null && name == "all")) is { } alone)
                return $"{alone} stands beside others; name it alone, or leave it out";
            string[] unknown = [.. given.Where(name => !names.Contains(name))];
            if (unknown.Length > 0)
            {
                string more = all is not null ? ", all or none" : ", or none";
                string near = unknown.Length == 1 ? NearMatches.Ask(unknown[0], names) : "";
                return $"there is no {what} '{string.Join("', '", unknown)}'{near}; it takes {string.Join(", ", names)}{more}";
            }

            set(options, given);
            return null;
        });

    /// <summary>Infinity is a number, and out of any range.</summary>
    private static bool TryRead(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && !double.IsNaN(number);

    private static string MeantPoint(string text) =>
        text.Count(c => c == ',') == 1 && TryRead(text.Replace(',', '.'), out _) ? $" (did you mean {text.Replace(',', '.')}?)" : "";

    /// <summary>The way a member of an enum is written in the configuration.</summary>
    private static string Spell<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
