using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Results.Formats;
using ForkFollow.Service;
using static ForkFollow.Host.CommandOptions;

namespace ForkFollow.Host;

/// <summary>
/// The command line. What is the workload's (<see cref="CommandWords"/>) is not looked at; the rest is parsed by System.CommandLine.
/// </summary>
internal static class CommandLine
{
    private const PosixSignal FileTooLarge = (PosixSignal)25; // SIGXFSZ
    private const string BothQuietAndVerbose = "both -q and -v are given: one tells less, the other more; leave one out";

    /// <summary>The longest that the kernel lets pids grow.</summary>
    private const int MostPid = 1 << 22;

    /// <summary>The options that are settings: each is the last source of the setting of that key.</summary>
    private static readonly (Option Option, string Key)[] _common =
    [
        (Output, "Output"), (Collect, "Collect"), (Frequency, "Frequency"), (Events, "Events"), (StackKind, "CallGraph"),
        (MmapPages, "MmapPages"), (ProcfsInterval, "ProcfsInterval"), (DotNetTrace, "DotNetTrace"), (Duration, "Duration"),
        (NoDescendants, "Descendants"), (Format, "Formats"), (Quiet, "Quiet"),
    ];

    private static readonly (Option Option, string Key)[] _ofCommand =
        [.. _common, (Force, "Force"), (Until, "Until"), (OnExit, "OnExit"), (InjectTraceparent, "Telemetry:InjectTraceparent")];

    private static readonly (Option Option, string Key)[] _ofService = [.. _common, (ScanInterval, "ScanInterval"), (MaxRuns, "MaxRuns")];

    /// <summary>Parses and runs. Returns the exit status.</summary>
    internal static int Run(string[] args)
    {
        RootCommand root = MakeRoot();
        if (Texts(root, args) is { } text)
        {
            new InvocationConfiguration().Output.Write(text);
            return 0;
        }

        CommandWords words = CommandWords.Split(root, args);
        if (!words.Marked && FindMisspelled(root, words.Command) is { } misspelled)
            return Say(ExitStatus.CommandNotFound, misspelled);

        root.SetAction(parsed => Follow(parsed, words.Command));
        ParseResult parsed = root.Parse(words.Own, new() { ResponseFileTokenReplacer = null });
        IReadOnlyList<string> wrong = WordFaults.Of(root, parsed);
        if (wrong.Count > 0)
            return Say(ExitStatus.StartUpProblem, wrong);

        try
        {
            // Of a result file that becomes too large (ulimit -f) we are to be told by the write: the signal would end us, and the command.
            using var told = PosixSignalRegistration.Create(FileTooLarge, static context => context.Cancel = true);
            return parsed.Invoke(new() { EnableDefaultExceptionHandler = false });
        }
        catch (StartUpException e)
        {
            return Say(ExitStatus.StartUpProblem, e.Message.Split('\n'));
        }
        catch (Exception e) when (Exhaustion.Of(e) is { } exhausted)
        {
            return Say(ExitStatus.StartUpProblem, exhausted);
        }
        catch (Exception e)
        {
            // Nobody has thought of it.
            string? place = e.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("ForkFollow.", StringComparison.Ordinal))?.Trim();
            return Say(
                ExitStatus.InternalFault,
                $"internal fault: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} ({place}): please report it");
        }
    }

    /// <summary>Says lines, and gives the exit status.</summary>
    private static int Say(int status, params IEnumerable<string> lines)
    {
        foreach (string line in lines)
            StandardError.Say(SafeText.Escape(line));
        return status;
    }

    /// <summary>A command that is nowhere, and almost one of ours; null if it is none.</summary>
    private static string? FindMisspelled(RootCommand root, string[] command)
    {
        if (command.Length == 0 || NearMatches.Ask(command[0], root.Subcommands.Select(one => one.Name)) is not { Length: > 0 } near)
            return null;
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return folders.Any(folder => File.Exists(Path.Combine(folder, command[0])))
            ? null
            : $"cannot find {command[0]}: it is in no directory of PATH, and no command of forkfollow{near}; check its name";
    }

    /// <summary>What packages and shells ask for, under names that no command has; null for all else.</summary>
    private static string? Texts(RootCommand root, string[] args) => args switch
    {
        ["[man]"] => ManPage.Of(root),
        ["[complete]", .. string[] words] => string.Concat(Completions.Of(root, words).Select(word => word + "\n")),
        _ => null,
    };

    private static RootCommand MakeRoot()
    {
        var root = new RootCommand(
            "Follows a whole tree of processes: every fork, vfork, clone and exec, with results for each process.\n\n"
            + "  forkfollow [options] [--] COMMAND [ARGS…]   launch a command and follow it\n"
            + "  forkfollow [options] -p PID[,PID…]          follow running processes")
        {
            Pids, Output, Force, Collect, Frequency, Events, StackKind, MmapPages, ProcfsInterval,
            DotNetTrace, Duration, NoDescendants, Until, OnExit, Format, InjectTraceparent, Config, Quiet, Verbose,
        };

        var doctor = new Command("doctor", "Check this machine and the settings, and say what will work.") { Config };
        doctor.SetAction(parsed => Doctor.Run(StandardError.Writer, DoctorFacts.Gather(parsed.GetValue(Config))));
        root.Subcommands.Add(doctor);
        root.Subcommands.Add(MakeReport());
        root.Subcommands.Add(MakeService());
        return root;
    }

    private static Command MakeReport()
    {
        var directory = new Argument<string>("DIR") { Description = "The result directory of a run." };
        var report = new Command("report", "Make the result files anew of what a run has collected, and show its report.")
        {
            directory, Format, Quiet, ReportVerbose,
        };
        report.SetAction(parsed =>
        {
            var options = new ForkFollowOptions();
            var faults = new List<string>();
            Apply(parsed, [(Format, "Formats")], options, faults);
            if (parsed.GetValue(Quiet) && parsed.GetValue(ReportVerbose))
                faults.Add(BothQuietAndVerbose);
            Refuse(faults);
            return ReportCommand.Run(
                parsed.GetValue(directory)!, options.Formats, parsed.GetValue(Quiet), parsed.GetValue(ReportVerbose));
        });
        return report;
    }

    private static Command MakeService()
    {
        var service = new Command("service", "Wait for targets, and follow each whenever it runs, until told to stop.")
        {
            Config, Targets, ScanInterval, MaxRuns, Output, Collect, Frequency, Events, StackKind, MmapPages, ProcfsInterval,
            DotNetTrace, Duration, NoDescendants, Format, Quiet, Verbose,
        };
        service.SetAction(parsed => Watch(parsed));
        return service;
    }

    private static int Follow(ParseResult parsed, string[] command)
    {
        int[] pids = ParsePids(parsed.GetValue(Pids) ?? []);
        if (pids.Length > 0 && command.Length > 0)
        {
            throw new StartUpException(command.All(word => word.All(char.IsAsciiDigit))
                ? "-p takes pids with commas between, -p 1,2; give it so, or once for each"
                : "both -p and a command are given; follow one of them");
        }

        if (pids.Length == 0 && command.Length == 0)
            throw new StartUpException("nothing to follow; name a command, or a process with -p PID; forkfollow --help has more");

        Settings settings = SettingFiles.Load(parsed.GetValue(Config), service: false);
        settings.Options.Pids = pids;
        settings.Options.Command = command;

        // They are for the service; a command is one run on what the command line names.
        settings.Options.Targets.Clear();
        return Follow(parsed, _ofCommand, settings);
    }

    private static int Watch(ParseResult parsed)
    {
        Settings settings = SettingFiles.Load(parsed.GetValue(Config), service: true);
        foreach (string text in parsed.GetValue(Targets) ?? [])
        {
            if (ForkFollowSettings.AddTarget(settings.Options, text) is { } fault)
                settings.Faults.Add("--target: " + fault);
        }

        if (settings.Options.Targets.Count == 0)
        {
            settings.Faults.Add(
                "nothing to wait for; name a target with --target exe=NAME, or in ForkFollow:Targets of the configuration");
        }

        return Follow(parsed, _ofService, settings);
    }

    /// <summary>What the configuration says, and over it the command line.</summary>
    private static int Follow(ParseResult parsed, (Option Option, string Key)[] options, Settings settings)
    {
        bool verbose = parsed.GetValue(Verbose);
        if (verbose && parsed.GetValue(Quiet))
            settings.Faults.Add(BothQuietAndVerbose);
        Apply(parsed, options, settings.Options, settings.Faults);
        settings.Options.Quiet &= !verbose;
        Refuse(settings.Faults, settings.Options);
        if (!settings.Options.Quiet)
            Say(0, [.. settings.Notes, .. VainOptions.Find(parsed, settings.Options)]);
        return Program.Follow(settings.Options, settings.Configuration, verbose);
    }

    private static void Apply(
        ParseResult parsed, (Option Option, string Key)[] settings, ForkFollowOptions options, List<string> faults)
    {
        foreach ((Option option, string key) in settings)
        {
            if (parsed.GetResult(option) is not { Implicit: false } given)
                continue;
            string? text = option switch
            {
                Option<bool> flag => parsed.GetValue(flag) == (flag != NoDescendants) ? "true" : "false",
                Option<string[]> list => string.Join(',', parsed.GetValue(list) ?? []),
                Option<string?> one => parsed.GetValue(one),
                _ => null,
            };
            if (text is null)
                continue;
            string? fault = ForkFollowSettings.Set(options, key, text);

            // Also where they are the default ones: they were asked for.
            if (option == Format && text != "all")
                fault ??= ResultFormats.RefusalOf(options.Formats);
            if (fault is not null)
                faults.Add($"{given.IdentifierToken?.Value ?? option.Name}: {fault}");
        }
    }

    /// <summary>All faults at once: who corrects one should not have to come back for the next.</summary>
    private static void Refuse(List<string> faults, ForkFollowOptions? options = null)
    {
        if (options is not null)
            faults.AddRange(ForkFollowSettings.Check(options));
        if (faults.Count > 0)
            throw new StartUpException(faults);
    }

    private static int[] ParsePids(string[] values) =>
    [
        .. values.SelectMany(value => value.Split(',')).Select(text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid is > 0 and <= MostPid
                ? pid
                : throw new StartUpException($"'{text}' is no pid; -p takes numbers from 1 to {MostPid}, with commas between")).Distinct(),
    ];
}
