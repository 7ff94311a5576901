using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using ForkFollow.Results.Formats;
using ForkFollow.Service;
using ForkFollow.Telemetry;
using Microsoft.Extensions.Configuration;
using static ForkFollow.Host.CommandOptions;

namespace ForkFollow.Host;

/// <summary>
/// The command line. Everything behind the first <c>--</c> is the workload's and is not looked at; what is before it is
/// parsed by System.CommandLine.
/// </summary>
internal static class CommandLine
{
    private const PosixSignal FileTooLarge = (PosixSignal)25; // SIGXFSZ

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
        int separator = Array.IndexOf(args, "--");
        string[] own = separator < 0 ? args : args[..separator];
        string[] command = separator < 0 ? [] : args[(separator + 1)..];

        RootCommand root = MakeRoot(command);
        if (Texts(root, args) is { } text)
        {
            new InvocationConfiguration().Output.Write(text);
            return 0;
        }

        ParseResult parsed = root.Parse(own, new() { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
                StandardError.Say(SafeText.Escape(error.Message) + "; forkfollow --help lists the options");
            return ExitStatus.StartUpProblem;
        }

        try
        {
            // Of a result file that becomes too large (ulimit -f) we are to be told by the write: the signal would end us, and the command.
            using var told = PosixSignalRegistration.Create(FileTooLarge, static context => context.Cancel = true);
            return parsed.Invoke(new() { EnableDefaultExceptionHandler = false });
        }
        catch (StartUpException e)
        {
            foreach (string line in e.Message.Split('\n'))
                StandardError.Say(SafeText.Escape(line));
            return ExitStatus.StartUpProblem;
        }
        catch (Exception e) when (Exhaustion.Of(e) is { } exhausted)
        {
            StandardError.Say(SafeText.Escape(exhausted));
            return ExitStatus.StartUpProblem;
        }
        catch (Exception e)
        {
            // Nobody has thought of it.
            string? place = e.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("ForkFollow.", StringComparison.Ordinal))?.Trim();
            StandardError.Say(SafeText.Escape(
                $"internal fault: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} ({place}): please report it"));
            return ExitStatus.InternalFault;
        }
    }

    /// <summary>What packages and shells ask for, under names that no command has; null for all else.</summary>
    private static string? Texts(RootCommand root, string[] args) => args switch
    {
        ["[man]"] => ManPage.Of(root),
        ["[complete]", .. string[] words] => string.Concat(Completions.Of(root, words).Select(word => word + "\n")),
        _ => null,
    };

    private static RootCommand MakeRoot(string[] command)
    {
        var root = new RootCommand(
            "Follows a whole tree of processes: every fork, vfork, clone and exec, with results for each process.\n\n"
            + "  forkfollow [options] -- COMMAND [ARGS…]   launch a command and follow it\n"
            + "  forkfollow [options] -p PID[,PID…]        follow running processes")
        {
            Pids, Output, Force, Collect, Frequency, Events, StackKind, MmapPages, ProcfsInterval,
            DotNetTrace, Duration, NoDescendants, Until, OnExit, Format, InjectTraceparent, Config, Quiet, Verbose,
        };
        root.SetAction(parsed => Follow(parsed, command));

        var doctor = new Command("doctor", "Check this machine, and say what will work.");
        doctor.SetAction(_ => Doctor.Run(StandardError.Writer));
        root.Subcommands.Add(doctor);
        root.Subcommands.Add(MakeReport());
        root.Subcommands.Add(MakeService(command));
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
            Refuse(faults);
            return ReportCommand.Run(
                parsed.GetValue(directory)!, options.Formats, parsed.GetValue(Quiet), parsed.GetValue(ReportVerbose));
        });
        return report;
    }

    private static Command MakeService(string[] command)
    {
        var service = new Command("service", "Wait for targets, and follow each whenever it runs, until told to stop.")
        {
            Config, Targets, ScanInterval, MaxRuns, Output, Collect, Frequency, Events, StackKind, MmapPages, ProcfsInterval,
            DotNetTrace, Duration, NoDescendants, Format, Quiet, Verbose,
        };
        service.SetAction(parsed => Watch(parsed, command));
        return service;
    }

    private static int Follow(ParseResult parsed, string[] command)
    {
        int[] pids = ParsePids(parsed.GetValue(Pids) ?? []);
        if (pids.Length > 0 && command.Length > 0)
            throw new StartUpException("both -p and a command are given; follow one of them");
        if (pids.Length == 0 && command.Length == 0)
            throw new StartUpException("nothing to follow; name a command behind --, or a process with -p PID");

        IConfigurationRoot configuration = SettingFiles.Load(parsed.GetValue(Config), service: false);
        ForkFollowOptions options = Read(parsed, _ofCommand, configuration, out List<string> faults);
        options.Pids = pids;
        options.Command = command;

        // They are for the service; a command is one run on what the command line names.
        options.Targets.Clear();
        Refuse(faults, options);
        return Program.Follow(options, configuration, parsed.GetValue(Verbose));
    }

    private static int Watch(ParseResult parsed, string[] command)
    {
        if (command.Length > 0)
            throw new StartUpException("the service launches no command; leave out service, or name what to wait for with --target");
        IConfigurationRoot configuration = SettingFiles.Load(parsed.GetValue(Config), service: true);
        ForkFollowOptions options = Read(parsed, _ofService, configuration, out List<string> faults);
        foreach (string text in parsed.GetValue(Targets) ?? [])
        {
            if (ForkFollowSettings.AddTarget(options, text) is { } fault)
                faults.Add("--target: " + fault);
        }

        Refuse(faults, options);
        if (options.Targets.Count == 0)
        {
            throw new StartUpException(
                "nothing to wait for; name a target with --target exe=NAME, or in ForkFollow:Targets of the configuration");
        }

        return Program.Follow(options, configuration, parsed.GetValue(Verbose));
    }

    /// <summary>What the configuration says, and over it the command line.</summary>
    private static ForkFollowOptions Read(
        ParseResult parsed, (Option Option, string Key)[] settings, IConfigurationRoot configuration, out List<string> faults)
    {
        var options = new ForkFollowOptions();
        faults = [.. ForkFollowSettings.Read(configuration, options), .. ForkFollowTelemetry.FindFaults(configuration)];
        Apply(parsed, settings, options, faults);
        return options;
    }

    private static void Apply(
        ParseResult parsed, (Option Option, string Key)[] settings, ForkFollowOptions options, List<string> faults)
    {
        foreach ((Option option, string key) in settings)
        {
            if (parsed.GetResult(option) is not { Implicit: false })
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
                faults.Add($"{option.Aliases.FirstOrDefault() ?? option.Name}: {fault}");
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
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0
                ? pid
                : throw new StartUpException($"'{text}' is no pid; -p takes numbers, separated by commas")),
    ];
}
