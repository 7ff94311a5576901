using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using ForkFollow.Collectors;
using ForkFollow.Collectors.Procfs;
using ForkFollow.Follower;

namespace ForkFollow.Host;

/// <summary>
/// The command line. Everything behind the first <c>--</c> is the workload's and is not looked at; what is before it is
/// parsed by System.CommandLine.
/// </summary>
internal static class CommandLine
{
    private static readonly Option<string[]> _pids = new("--pid", "-p")
    {
        Description = "Follow running processes, by pid, with their descendants; several separated by commas.",
        HelpName = "PID[,PID…]",
        AllowMultipleArgumentsPerToken = false,
    };

    private static readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Write results to this directory [default: forkfollow-NAME-PID].",
        HelpName = "DIR",
    };

    private static readonly Option<bool> _force = new("--force")
    {
        Description = "Use the result directory even if it exists.",
    };

    private static readonly Option<string[]> _collect = new("--collect")
    {
        Description = "What to collect for each process: rusage (always on), counters, cpu, offcpu, syscalls, trace, procfs, "
            + "dotnet; or none [default: counters and cpu, if they work here].",
        HelpName = "NAME,…|none",
    };

    private static readonly Option<string?> _frequency = new("--frequency", "-F")
    {
        Description = "Sample CPU time so often a second [default: 99].",
        HelpName = "HZ",
    };

    private static readonly Option<string[]> _events = new("--event", "-e")
    {
        Description = "Count events, by the names of perf list, in place of the default ones; or trace group:name[/filter/], with stacks.",
        HelpName = "EVENT,…",
        AllowMultipleArgumentsPerToken = false,
    };

    private static readonly Option<string?> _callGraph = new("--call-graph")
    {
        Description = "How user stacks of CPU samples are had: by frame pointers, or by copies of 8 KiB of each that libdw "
            + "unwinds at the end; offcpu and trace always have frame pointers [default: fp].",
        HelpName = "fp|dwarf",
    };

    private static readonly Option<string?> _mmapPages = new("--mmap-pages", "-m")
    {
        Description = "Pages of the ring buffer of each CPU, a power of two [default: 128, or 1024 where much is collected].",
        HelpName = "PAGES",
    };

    private static readonly Option<string?> _procfsInterval = new("--procfs-interval")
    {
        Description = "How often the collector procfs looks at each process [default: 1].",
        HelpName = "SECONDS",
    };

    private static readonly Option<bool> _dotNetTrace = new("--dotnet-trace")
    {
        Description = "With --collect dotnet: keep the events of each .NET process, as dotnet/PID.nettrace.",
    };

    private static readonly Option<string?> _duration = new("--duration", "-d")
    {
        Description = "Follow for so long, then end [default: until the end of the targets].",
        HelpName = "SECONDS",
    };

    private static readonly Option<bool> _noDescendants = new("--no-descendants")
    {
        Description = "With -p: not the children that a target has already (its future ones are followed).",
    };

    private static readonly Option<string?> _until = new("--until")
    {
        Description = "root: until the command has ended; what it leaves behind lives on, not followed. "
            + "all: until the last process has ended [default: root].",
        HelpName = "root|all",
    };

    private static readonly Option<string?> _onExit = new("--on-exit")
    {
        Description = "What happens to a launched command when following ends first [default: kill].",
        HelpName = "kill|detach",
    };

    private static readonly Option<string[]> _format = new("--format")
    {
        Description = "Result files to write beside tree.json: html, pprof, folded, speedscope, firefox, timeline; all or none "
            + "[default: html, pprof].",
        HelpName = "NAME,…",
    };

    private static readonly Option<bool> _injectTraceparent = new("--inject-traceparent")
    {
        Description = "With an OTLP endpoint (OTEL_EXPORTER_OTLP_ENDPOINT): the launched command gets TRACEPARENT of its span, "
            + "so that its own spans join.",
    };

    private static readonly Option<bool> _quiet = new("--quiet", "-q")
    {
        Description = "No report and no status line: problems only.",
    };

    private static readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "Tell every stop.",
    };

    /// <summary>Parses and runs. Returns the exit status.</summary>
    internal static int Run(string[] args)
    {
        int separator = Array.IndexOf(args, "--");
        string[] own = separator < 0 ? args : args[..separator];
        string[] command = separator < 0 ? [] : args[(separator + 1)..];

        RootCommand root = MakeRoot(command);
        ParseResult parsed = root.Parse(own, new() { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
                StandardError.Say(SafeText.Escape(error.Message) + "; forkfollow --help lists the options");
            return ExitStatus.StartUpProblem;
        }

        try
        {
            return parsed.Invoke(new() { EnableDefaultExceptionHandler = false });
        }
        catch (StartUpException e)
        {
            StandardError.Say(e.Message);
            return ExitStatus.StartUpProblem;
        }
    }

    private static RootCommand MakeRoot(string[] command)
    {
        var root = new RootCommand(
            "Follows a whole tree of processes: every fork, vfork, clone and exec, with results for each process.\n\n"
            + "  forkfollow [options] -- COMMAND [ARGS…]   launch a command and follow it\n"
            + "  forkfollow [options] -p PID[,PID…]        follow running processes")
        {
            _pids, _output, _force, _collect, _frequency, _events, _callGraph, _mmapPages, _procfsInterval,
            _dotNetTrace, _duration, _noDescendants, _until, _onExit, _format, _injectTraceparent, _quiet, _verbose,
        };
        root.SetAction(parsed => Program.Follow(ToSettings(parsed, command), parsed.GetValue(_verbose)));

        var doctor = new Command("doctor", "Check this machine, and say what will work.");
        doctor.SetAction(_ => Doctor.Run(StandardError.Writer));
        root.Subcommands.Add(doctor);
        root.Subcommands.Add(MakeReport());
        return root;
    }

    private static Command MakeReport()
    {
        var directory = new Argument<string>("DIR") { Description = "The result directory of a run." };
        var report = new Command("report", "Make the result files anew of what a run has collected, and show its report.")
        {
            directory, _format, _quiet,
        };
        report.SetAction(parsed => ReportCommand.Run(
            parsed.GetValue(directory)!, ResultFormats.Parse(parsed.GetValue(_format)), parsed.GetValue(_quiet)));
        return report;
    }

    private static FollowSettings ToSettings(ParseResult parsed, string[] command)
    {
        int[] pids = ParsePids(parsed.GetValue(_pids) ?? []);
        if (pids.Length > 0 && command.Length > 0)
            throw new StartUpException("both -p and a command are given; follow one of them");
        if (pids.Length == 0 && command.Length == 0)
            throw new StartUpException("nothing to follow; name a command behind --, or a process with -p PID");

        return new()
        {
            Pids = pids,
            Command = command,
            Output = parsed.GetValue(_output),
            Force = parsed.GetValue(_force),
            Collect = ParseCollect(parsed.GetValue(_collect) ?? []),
            Frequency = ParseNumber("-F", parsed.GetValue(_frequency), FollowSettings.DefaultFrequency, 1, 10_000),
            Events = ParseEvents(parsed.GetValue(_events) ?? []),
            CallGraph = ParseChoice<CallGraph>("--call-graph", parsed.GetValue(_callGraph), "fp or dwarf"),
            MmapPages = ParsePages(parsed.GetValue(_mmapPages)),
            ProcfsInterval = ParseSeconds(
                "procfs interval", "--procfs-interval takes seconds, 0.01 to 3600", parsed.GetValue(_procfsInterval), 0.01, 3600)
                ?? ProcfsSession.DefaultInterval,
            DotNetTrace = parsed.GetValue(_dotNetTrace),
            Duration = ParseSeconds(
                "duration", "-d takes seconds, more than 0 and at most 1000000", parsed.GetValue(_duration), double.Epsilon, 1_000_000),
            Descendants = !parsed.GetValue(_noDescendants),
            Until = ParseChoice<FollowUntil>("--until", parsed.GetValue(_until), "root or all"),
            OnExit = ParseChoice<OnExit>("--on-exit", parsed.GetValue(_onExit), "kill or detach"),
            Formats = [.. ResultFormats.Parse(parsed.GetValue(_format)).Select(one => one.Format)],
            InjectTraceparent = parsed.GetValue(_injectTraceparent),
            Quiet = parsed.GetValue(_quiet),
        };
    }

    private static int[] ParsePids(string[] values) =>
    [
        .. values.SelectMany(value => value.Split(',')).Select(text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0
                ? pid
                : throw new StartUpException($"'{SafeText.Escape(text)}' is no pid; -p takes numbers, separated by commas")),
    ];

    private static string[]? ParseCollect(string[] values)
    {
        if (values.Length == 0)
            return null;
        string[] names = [.. values.SelectMany(value => value.Split(','))];
        if (names is ["none"])
            return [];
        foreach (string name in names)
        {
            if (!CollectorChoice.Names.Contains(name))
            {
                throw new StartUpException(
                    $"there is no collector '{SafeText.Escape(name)}'; --collect takes {string.Join(", ", CollectorChoice.Names)}, or none");
            }
        }

        return names;
    }

    private static EventChoice[] ParseEvents(string[] texts) =>
    [
        .. texts.SelectMany(text => EventChoice.Parse(text, out string? refusal)
            ?? throw new StartUpException(SafeText.Escape(refusal))),
    ];

    private static int ParsePages(string? text)
    {
        int pages = ParseNumber("-m", text, 0, 1, 1 << 20);
        return BitOperations.PopCount((uint)pages) <= 1
            ? pages
            : throw new StartUpException($"-m takes a power of two, and {pages} is none");
    }

    private static int ParseNumber(string option, string? text, int otherwise, int least, int most)
    {
        if (text is null)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= least && number <= most
                ? number
                : throw new StartUpException($"'{SafeText.Escape(text)}' is no value of {option}; it takes {least} to {most}");
    }

    /// <summary>A member of an enum by its name; the first one if nothing is said.</summary>
    private static T ParseChoice<T>(string option, string? text, string choices)
        where T : struct, Enum
    {
        if (text is null)
            return default;
        return text.All(char.IsAsciiLetterLower) && Enum.TryParse(text, ignoreCase: true, out T choice)
            ? choice
            : throw new StartUpException($"'{SafeText.Escape(text)}' is no value of {option}; it takes {choices}");
    }

    private static TimeSpan? ParseSeconds(string what, string takes, string? text, double least, double most)
    {
        if (text is null)
            return null;
        bool valid = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds >= least && seconds <= most;
        return valid
            ? TimeSpan.FromSeconds(seconds)
            : throw new StartUpException($"'{SafeText.Escape(text)}' is no {what}; {takes}");
    }
}
