using System.CommandLine;

namespace ForkFollow.Host;

/// <summary>
/// Which words are ours, and which the command's: as for strace(1) and perf(1) the command begins at the first word that is no option
/// and no value of one, or behind <c>--</c>, and what follows is its own, word for word. A first word that is a command of ours is that;
/// to follow a program of its name takes <c>--</c>. Options before it are taken as if they were behind it.
/// </summary>
/// <param name="Own">For the parser.</param>
/// <param name="Command">The command and its arguments; empty if none is named.</param>
/// <param name="Marked">It is behind <c>--</c>.</param>
internal sealed record CommandWords(string[] Own, string[] Command, bool Marked)
{
    private const string Mark = "--";

    /// <summary>Tells them apart.</summary>
    internal static CommandWords Split(Command root, string[] words)
    {
        for (int at = 0; at < words.Length; at++)
        {
            string word = words[at];
            if (word == Mark)
                return new(words[..at], words[(at + 1)..], Marked: true);
            if (root.Subcommands.Any(one => one.Name == word))
                return new([word, .. words[..at], .. words[(at + 1)..]], [], Marked: false);
            if (!IsOption(word))
                return new(words[..at], words[at..], Marked: false);
            if (TakesNext(root, word) && at + 1 < words.Length && words[at + 1] != Mark)
                at++;
        }

        return new(words, [], Marked: false);
    }

    /// <summary>Whether it is written as an option is.</summary>
    internal static bool IsOption(string word) => word.Length > 1 && word[0] == '-';

    /// <summary>The option of that name, of the whole or of a command; null if there is none.</summary>
    internal static Option? Find(Command root, string name) =>
        root.Subcommands.Prepend(root).SelectMany(one => one.Options).FirstOrDefault(one => one.Name == name || one.Aliases.Contains(name));

    /// <summary>Whether its value is the next word: not that of <c>--option=value</c> and <c>-F99</c>.</summary>
    internal static bool TakesNext(Command root, string word)
    {
        if (word.StartsWith(Mark, StringComparison.Ordinal))
            return Find(root, word)?.HelpName is not null;

        // Several of one letter may stand together; the first that has a value takes the rest as that.
        for (int at = 1; at < word.Length && Find(root, "-" + word[at]) is { } option; at++)
        {
            if (option.HelpName is not null)
                return at == word.Length - 1;
        }

        return false;
    }
}
