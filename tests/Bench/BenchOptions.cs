using System.Globalization;

namespace ForkFollow.Bench;

/// <summary>What the command line asks for, checked.</summary>
internal sealed record BenchOptions
{
    public const string Help = """
        usage: dotnet run -c Release --project tests/Bench -- [options]

          --rounds N             rounds, each running every contender once (default 11; 3 with --quick)
          --quick                a fifth of the operations: does it work, not how fast is it
          --only PART[,PART]     fork, vfork, exec, thread (storms), startup, idle, memory,
                                 slowdown, many, short (default: all)
          --contenders C[,C]     none, bare, strace-seccomp, strace-plain, follow, counters, profile
                                 (default: all)
          --managed              measure the managed build, not the native program; FORKFOLLOW_PROGRAM names another
          --no-build             take the program as it lies there
          --write                also write docs/benchmarks.md
          -h, --help             this text

        The tables go to standard output, progress to standard error.
        Exit code: 0 measured (goals reached or not), 2 could not measure, 130 interrupted.

        """;

    private static readonly string[] _stormKinds = ["fork", "vfork", "exec", "thread"];
    private static readonly string[] _singleFigures = ["startup", "idle", "memory", "slowdown", "many", "short"];

    public int Rounds { get; private init; } = 11;

    public bool Quick { get; private init; }

    public bool Build { get; private init; } = true;

    /// <summary>The managed build, in place of the native program that is shipped.</summary>
    public bool Managed { get; init; }

    public bool Write { get; private init; }

    public IReadOnlyList<string> Storms { get; private init; } = _stormKinds;

    public IReadOnlyList<string> Figures { get; private init; } = _singleFigures;

    public IReadOnlyList<string> Contenders { get; private init; } = Contender.Names;

    /// <summary>The arguments as given, for the page's "command used". No option takes a path, so none leaks.</summary>
    public string CommandLine { get; private init; } = "";

    /// <summary>The options; null if help is asked for.</summary>
    public static BenchOptions? Parse(string[] args)
    {
        var options = new BenchOptions { CommandLine = string.Join(' ', args) };
        int? rounds = null;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "-h" or "--help":
                    return null;
                case "--quick":
                    options = options with { Quick = true };
                    break;
                case "--no-build":
                    options = options with { Build = false };
                    break;
                case "--managed":
                    options = options with { Managed = true };
                    break;
                case "--write":
                    options = options with { Write = true };
                    break;
                case "--rounds":
                    rounds = RoundCount(Value(args, ref i));
                    break;
                case "--only":
                    var parts = Choice(args[i], Value(args, ref i), [.. _stormKinds, .. _singleFigures]);
                    options = options with
                    {
                        Storms = [.. _stormKinds.Intersect(parts)],
                        Figures = [.. _singleFigures.Intersect(parts)],
                    };
                    break;
                case "--contenders":
                    var wanted = Choice(args[i], Value(args, ref i), Contender.Names);
                    options = options with { Contenders = [.. Contender.Names.Intersect(wanted)] };
                    break;
                default:
                    throw new BenchException($"unknown argument '{args[i]}'; --help lists the options");
            }
        }

        return options with { Rounds = rounds ?? (options.Quick ? 3 : options.Rounds) };
    }

    private static string Value(string[] args, ref int i) =>
        i + 1 < args.Length
            ? args[++i]
            : throw new BenchException($"{args[i]} needs a value; --help lists the options");

    private static int RoundCount(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds)
        && rounds is >= 1 and <= 1000
            ? rounds
            : throw new BenchException($"--rounds takes a number from 1 to 1000, not '{text}'");

    private static string[] Choice(string option, string text, IReadOnlyList<string> known)
    {
        var chosen = text.Split(',', StringSplitOptions.TrimEntries);
        var unknown = Array.Find(chosen, name => !known.Contains(name));
        return unknown is null
            ? chosen
            : throw new BenchException($"{option} does not know '{unknown}'; it takes {string.Join(", ", known)}");
    }
}
