using System.CommandLine;
using ForkFollow.Results.Formats;
using ForkFollow.Service;
using static ForkFollow.Host.CommandOptions;

namespace ForkFollow.Host;

/// <summary>
/// What can be typed next, for the shells: their scripts (packaging/completions) ask the program itself, by
/// <c>forkfollow '[complete]' WORD…</c>, and so know each option as soon as there is one. Not System.CommandLine's own directive
/// <c>[suggest]</c>: it splits a line as no shell does, ends in an exception at a quote that is open (3.0.0), and knows no values
/// behind <c>--option=</c>.
/// </summary>
internal static class Completions
{
    /// <summary>What values can be; lists have commas between.</summary>
    private static readonly Dictionary<Option, (string[] Words, bool IsList)> _values = new()
    {
        [Collect] = ([.. ForkFollowSettings.Collectors, "none"], true),
        [Format] = ([.. ResultFormats.All.Select(one => one.Format), "all", "none"], true),
        [StackKind] = (["fp", "dwarf"], false),
        [Until] = (["root", "all"], false),
        [OnExit] = (["kill", "detach"], false),
        [Targets] = (["pid=", "pidfile=", "cgroup=", "unit=", "exe=", "args="], false),
    };

    /// <summary>The words that may stand in place of the last one. Files, directories and pids the shells know themselves.</summary>
    /// <param name="root">The whole command.</param>
    /// <param name="words">What is typed behind the program's name, as the shell has split it; the last is to be completed.</param>
    internal static IEnumerable<string> Of(Command root, IReadOnlyList<string> words)
    {
        string current = words.Count == 0 ? "" : words[^1];
        Command command = root;
        Option? before = null;
        foreach (string word in words.SkipLast(1))
        {
            bool isValue = before is not null;
            if (!isValue && command.Subcommands.FirstOrDefault(one => one.Name == word) is { } chosen)
                command = chosen;
            else if (!isValue && command == root && !CommandWords.IsOption(word))
                return []; // the workload's words begin
            before = isValue ? null : WithValue(command, word);
        }

        if (before is not null)
            return Values(before, current);
        int equals = current.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && WithValue(command, current[..equals]) is { } named)
            return Values(named, current[(equals + 1)..]).Select(value => current[..(equals + 1)] + value);
        return command.Subcommands.Select(one => one.Name).Concat(command.Options.Where(one => !one.Hidden).SelectMany(Names))
            .Where(name => name.StartsWith(current, StringComparison.Ordinal));
    }

    /// <summary>How an option may be written; not /h and /?, which System.CommandLine takes everywhere.</summary>
    internal static IEnumerable<string> Names(Option option) =>
        option.Aliases.Append(option.Name).Where(name => name[0] == '-').OrderBy(name => name.Length);

    private static Option? WithValue(Command command, string word) =>
        command.Options.FirstOrDefault(one => one.HelpName is not null && (one.Name == word || one.Aliases.Contains(word)));

    private static IEnumerable<string> Values(Option option, string typed)
    {
        if (!_values.TryGetValue(option, out (string[] Words, bool IsList) known))
            return [];
        string before = known.IsList ? typed[..(typed.LastIndexOf(',') + 1)] : "";
        return known.Words.Except(before.Split(',')).Select(word => before + word)
            .Where(word => word.StartsWith(typed, StringComparison.Ordinal));
    }
}
