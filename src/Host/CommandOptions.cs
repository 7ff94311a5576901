using System.CommandLine;

namespace ForkFollow.Host;

/// <summary>The options, with what help says of them.</summary>
internal static class CommandOptions
{
    internal static readonly Option<string[]> Pids = new("--pid", "-p")
    {
        Description = "Follow running processes, by pid, with their descendants; several separated by commas.",
        HelpName = "PID[,PID…]",
        AllowMultipleArgumentsPerToken = false,
    };

    internal static readonly Option<string?> Output = new("--output", "-o")
    {
        Description = "Write results to this directory [default: forkfollow-NAME-PID]; of the service: to directories below it "
            + "[default: the state directory of the unit, or forkfollow-results].",
        HelpName = "DIR",
    };

    internal static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace the result directory if it exists and holds results alone.",
    };

    internal static readonly Option<string[]> Collect = new("--collect")
    {
        Description = "What to collect for each process: rusage (always on), counters, cpu, offcpu, syscalls, trace, procfs, "
            + "dotnet; or none [default: counters and cpu, if they work here].",
        HelpName = "NAME,…|none",
    };

    internal static readonly Option<string?> Frequency = new("--frequency", "-F")
    {
        Description = "Sample CPU time so often a second [default: 99].",
        HelpName = "HZ",
    };

    internal static readonly Option<string[]> Events = new("--event", "-e")
    {
        Description = "Count events, by the names of perf list, in place of the default ones; or trace group:name[/filter/], with stacks.",
        HelpName = "EVENT,…",
        AllowMultipleArgumentsPerToken = false,
    };

    internal static readonly Option<string?> StackKind = new("--call-graph")
    {
        Description = "How user stacks of CPU samples are had: by frame pointers, or by copies of 8 KiB of each that libdw "
            + "unwinds at the end; offcpu and trace always have frame pointers [default: fp].",
        HelpName = "fp|dwarf",
    };

    internal static readonly Option<string?> MmapPages = new("--mmap-pages", "-m")
    {
        Description = "Pages of the ring buffer of each CPU, a power of two up to 262144 [default: 128, or 1024 where much is collected].",
        HelpName = "PAGES",
    };

    internal static readonly Option<string?> ProcfsInterval = new("--procfs-interval")
    {
        Description = "How often the collector procfs looks at each process [default: 1].",
        HelpName = "SECONDS",
    };

    internal static readonly Option<bool> DotNetTrace = new("--dotnet-trace")
    {
        Description = "With --collect dotnet: keep the events of each .NET process, as dotnet/PID.nettrace.",
    };

    internal static readonly Option<string?> Duration = new("--duration", "-d")
    {
        Description = "Follow for so long, then end; the service then begins a new run [default: until the end of the targets].",
        HelpName = "SECONDS",
    };

    internal static readonly Option<bool> NoDescendants = new("--no-descendants")
    {
        Description = "With -p: not the children that a target has already (its future ones are followed).",
    };

    internal static readonly Option<string?> Until = new("--until")
    {
        Description = "root: until the command has ended; what it leaves behind lives on, not followed. "
            + "all: until the last process has ended [default: root].",
        HelpName = "root|all",
    };

    internal static readonly Option<string?> OnExit = new("--on-exit")
    {
        Description = "What happens to a launched command when following ends first [default: kill].",
        HelpName = "kill|detach",
    };

    internal static readonly Option<string[]> Format = new("--format")
    {
        Description = "Result files to write beside tree.json: html, pprof, folded, speedscope, firefox, timeline; all or none "
            + "[default: html, pprof].",
        HelpName = "NAME,…",
    };

    internal static readonly Option<string[]> Targets = new("--target")
    {
        Description = "What to wait for, besides what the configuration names; may be given several times.",
        HelpName = "pid=PID|pidfile=FILE|cgroup=PATH|unit=NAME|exe=PATTERN|args=PATTERN",
        AllowMultipleArgumentsPerToken = false,
    };

    internal static readonly Option<string?> ScanInterval = new("--scan-interval")
    {
        Description = "How often targets are looked for [default: 1].",
        HelpName = "SECONDS",
    };

    internal static readonly Option<string?> MaxRuns = new("--max-runs")
    {
        Description = "How many runs there may be at a time; what appears beyond waits [default: 16].",
        HelpName = "COUNT",
    };

    internal static readonly Option<string?> Config = new("--config")
    {
        Description = "Settings to start from, in the form of appsettings.json [default: the user's own, as docs/service.md says].",
        HelpName = "FILE",
    };

    internal static readonly Option<bool> InjectTraceparent = new("--inject-traceparent")
    {
        Description = "With an OTLP endpoint (OTEL_EXPORTER_OTLP_ENDPOINT): the launched command gets TRACEPARENT of its span, "
            + "so that its own spans join.",
    };

    internal static readonly Option<bool> Quiet = new("--quiet", "-q")
    {
        Description = "No report and no status line: problems only.",
    };

    internal static readonly Option<bool> Verbose = new("--verbose", "-v")
    {
        Description = "Tell every stop. The report at the end shows the values and tables that further collectors have added.",
    };

    /// <summary>Of the command report, which has no stops to tell.</summary>
    internal static readonly Option<bool> ReportVerbose = new("--verbose", "-v")
    {
        Description = "Show the values and tables that further collectors and observers have added.",
    };
}
