using System.CommandLine;
using System.Reflection;
using System.Text;

namespace ForkFollow.Host;

/// <summary>
/// forkfollow(1), in man(7) macros: <c>forkfollow '[man]'</c> writes it when the program is packed (packaging/build.sh). Its
/// commands and options are those of <c>--help</c>, from the same objects; only what help does not have is written here.
/// </summary>
internal static class ManPage
{
    private const string Front = """
        .SH NAME
        forkfollow \- profiler of a whole tree of processes
        .SH SYNOPSIS
        .B forkfollow
        [\fIOPTIONS\fR] [\fB\-\-\fR] \fICOMMAND\fR [\fIARGS\fR…]
        .br
        .B forkfollow
        [\fIOPTIONS\fR] \fB\-p\fR \fIPID\fR[,\fIPID\fR…]
        .br
        .B forkfollow service
        [\fIOPTIONS\fR]
        .br
        .B forkfollow report
        \fIDIR\fR [\fIOPTIONS\fR]
        .br
        .B forkfollow doctor
        .SH DESCRIPTION
        Follows a command, or processes that run already, through every fork, vfork, clone and exec, and has results of its own for
        each process, from its first instruction to its last: CPU and off\-CPU stacks, counters, system calls, tracepoints, .NET runtimes.
        .PP
        The command's output, exit status, terminal and environment are as without forkfollow. What is attached to with \fB\-p\fR
        runs on when following ends; its figures count from when it was attached to, but for its peak memory, which is its program's.
        .PP
        The command begins at the first word that is no option and no value of one, or behind \fB\-\-\fR, which a command takes that is
        called as one of forkfollow's own (service, report, doctor).

        """;

    private const string Back = """
        .SH EXIT STATUS
        That of the command; 128 plus the number of the signal that killed it; 126 if it cannot be executed, 127 if it is not
        found, as with
        .BR env (1);
        2 if following could not begin.
        .SH ENVIRONMENT
        \fBFORKFOLLOW__\fINAME\fR sets an option by the name that it has in appsettings.json; \fBFORKFOLLOW_CONFIG\fR names a file
        with settings; \fBOTEL_EXPORTER_OTLP_ENDPOINT\fR, as the other variables of OpenTelemetry, has results exported.
        .SH FILES
        .TP
        .I ~/.config/forkfollow/appsettings.json
        settings of a user
        .TP
        .I /etc/forkfollow/appsettings.json
        settings of the service
        .TP
        .I DIR/tree.json, DIR/report.html, DIR/profile.pb.gz
        results of a run; more with \fB\-\-format\fR
        .SH SEE ALSO
        .BR perf (1),
        .BR strace (1),
        .BR ptrace (2),
        .BR perf_event_open (2)

        """;

    /// <summary>The page.</summary>
    internal static string Of(Command root)
    {
        var page = new StringBuilder();
        string version = typeof(ManPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        page.Append($".TH FORKFOLLOW 1 \"\" \"forkfollow {version}\" \"User Commands\"\n").Append(Front);
        page.Append(".SH OPTIONS\n");
        Append(page, root.Options);
        page.Append(".SH COMMANDS\n");
        foreach (Command command in root.Subcommands)
        {
            string arguments = string.Concat(command.Arguments.Select(one => $" \\fI{Escape(one.Name)}\\fR"));
            page.Append($".SS {Escape(command.Name)}{arguments}\n{Escape(command.Description!)}\n");

            // What an option of the whole says of itself is not said again.
            Option[] shared = [.. command.Options.Intersect(root.Options)];
            if (shared.Length > 0)
                page.Append($"Takes also, as above: {string.Join(", ", shared.Select(one => $"\\fB{Escape(one.Name)}\\fR"))}.\n");
            Append(page, command.Options.Except(root.Options));
        }

        return page.Append(Back).ToString();
    }

    private static void Append(StringBuilder page, IEnumerable<Option> options)
    {
        foreach (Option option in options.Where(one => !one.Hidden))
        {
            IEnumerable<string> names = Completions.Names(option).Select(name => $"\\fB{Escape(name)}\\fR");
            string value = option.HelpName is null ? "" : $" \\fI{Escape(option.HelpName)}\\fR";
            page.Append($".TP\n{string.Join(", ", names)}{value}\n{Escape(option.Description!)}\n");
        }
    }

    /// <summary>A minus, not a hyphen, is what can be typed and searched for; a line may not begin as a request does.</summary>
    private static string Escape(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
