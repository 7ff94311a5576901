using System.CommandLine;
using System.CommandLine.Parsing;
using ForkFollow.Collectors.EventNames;

namespace ForkFollow.Host;

/// <summary>What is wrong with the words of the command line, in our own: what, why, remedy. Those of the parser say none of it.</summary>
internal static class WordFaults
{
    /// <summary>Of shorter ones any other is near.</summary>
    private const int ShortestName = 4;

    /// <summary>A line for each; empty if nothing is wrong.</summary>
    internal static IReadOnlyList<string> Of(Command root, ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string[] unknown = [.. Unknown(parsed).Select(word => UnknownOption(root, command, word))];
        if (parsed.Errors.Count == 0)
            return unknown;
        string[] values = [.. parsed.Errors.Select(error => OptionOf(error.SymbolResult)).OfType<OptionResult>().Distinct().Select(OptionFault)];
        if (unknown.Length + values.Length > 0)
            return [.. unknown, .. values];
        return parsed.UnmatchedTokens.Count > 0
            ? [OneTooMany(root, command, parsed.UnmatchedTokens[0])]
            : [$"{command.Name} lacks its {string.Join(' ', command.Arguments.Select(one => one.Name))}; write {Usage(command)}"];
    }

    /// <summary>The parser takes an option that it does not know for an argument, where one may be; behind -- it is one.</summary>
    private static IEnumerable<string> Unknown(ParseResult parsed)
    {
        IEnumerable<string> arguments = parsed.Tokens.Any(one => one.Type == TokenType.DoubleDash)
            ? []
            : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(one => one.Tokens).Select(one => one.Value);
        return arguments.Concat(parsed.UnmatchedTokens).Where(CommandWords.IsOption);
    }

    private static OptionResult? OptionOf(SymbolResult? result)
    {
        while (result is not null and not OptionResult)
            result = result.Parent;
        return result as OptionResult;
    }

    private static string OptionFault(OptionResult result)
    {
        string name = result.IdentifierToken?.Value ?? result.Option.Name;
        if (result.Option.HelpName is not { } value)
            return $"{name} takes no value but true or false; leave '{string.Join(' ', result.Tokens.Select(one => one.Value))}' out";
        return result.Tokens.Count == 0
            ? $"{name} lacks its value; write {name} {value}"
            : $"{name} is given {result.Tokens.Count} times, and takes one value; give it once";
    }

    private static string UnknownOption(Command root, Command command, string word)
    {
        string name = word.Split('=', ':')[0];
        Command? other = root.Subcommands.Prepend(root).FirstOrDefault(
            one => one.Options.Any(option => option.Name == name || option.Aliases.Contains(name)));
        if (other is not null && other != command)
        {
            return command == root
                ? $"{name} is an option of {Usage(other)}; add the word {other.Name}, or leave {name} out"
                : $"{name} is no option of forkfollow {command.Name}; leave it out";
        }

        string near = name.Length < ShortestName ? "" : NearMatches.Ask(name, command.Options.Where(one => !one.Hidden).SelectMany(Completions.Names));
        return $"there is no option {name}{near}; {(command == root ? "forkfollow" : Usage(command, arguments: false))} --help lists all";
    }

    private static string OneTooMany(Command root, Command command, string word) =>
        command == root ? $"'{word}' stands behind an option that takes no value; leave it out"
        : command.Arguments.Count == 0 ? $"{command.Name} takes no '{word}'; a program that is called {command.Name} is followed by forkfollow -- {command.Name} {word} …"
        : $"'{word}' is one word too many; it is {Usage(command)}";

    private static string Usage(Command command, bool arguments = true) =>
        $"forkfollow {command.Name}{(arguments ? string.Concat(command.Arguments.Select(one => " " + one.Name)) : "")}";
}
