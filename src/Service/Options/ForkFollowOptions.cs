using ForkFollow.Collectors.Procfs;
using ForkFollow.Follower;
using ForkFollow.Results.Formats;

namespace ForkFollow.Service;

/// <summary>
/// What <c>AddForkFollow</c> is to do: what to follow, and what to collect. One of <see cref="Command"/>, <see cref="Pids"/> and
/// <see cref="Targets"/> is given. Bound to the section <c>ForkFollow</c> of the configuration (docs/service.md has its keys),
/// checked when the host starts; an <c>OptionsValidationException</c> then has a line for each fault. Not changed afterwards.
/// </summary>
public sealed class ForkFollowOptions
{
    /// <summary>As perf has it: not in step with what happens a hundred times a second.</summary>
    private const int DefaultFrequency = 99;

    /// <summary>The section of the configuration.</summary>
    public const string Section = "ForkFollow";

    /// <summary>The command to launch, and its arguments: one run, whose end stops the host. Not in the configuration.</summary>
    public IReadOnlyList<string> Command { get; set; } = [];

    /// <summary>
    /// The processes to follow, which must be there already: one run, whose end stops the host. Not in the configuration.
    /// </summary>
    public IReadOnlyList<int> Pids { get; set; } = [];

    /// <summary>
    /// What to wait for, and to follow whenever it appears, until the host is stopped. Each life of a target is a run of its own.
    /// </summary>
    public IList<FollowTarget> Targets { get; } = [];

    /// <summary>How often targets are looked for, 0.01 s to 1 h.</summary>
    public TimeSpan ScanInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many runs of <see cref="Targets"/> there may be at a time, 1 to 1000; what appears beyond waits.</summary>
    public int MaxRuns { get; set; } = 16;

    /// <summary>
    /// The result directory. For a command or pids null stands for <c>forkfollow-NAME-PID</c> in the working directory. For
    /// targets it is where each run makes one of its own, NAME-PID-START; null stands for the state directory that systemd
    /// gives, or <c>forkfollow-results</c> in the working directory.
    /// </summary>
    public string? Output { get; set; }

    /// <summary>Replace the result directory if it exists and holds results alone.</summary>
    public bool Force { get; set; }

    /// <summary>
    /// The collectors by name: rusage (always on), counters, cpu, offcpu, syscalls, trace, procfs, dotnet; empty for none; null
    /// for those that work here of counters and cpu.
    /// </summary>
    public IReadOnlyList<string>? Collect { get; set; }

    /// <summary>How often CPU time is sampled, in Hz, 1 to 10000.</summary>
    public int Frequency { get; set; } = DefaultFrequency;

    /// <summary>What to count in place of the default events, or to trace, by the names that perf's <c>-e</c> takes.</summary>
    public IReadOnlyList<string> Events { get; set; } = [];

    /// <summary>How user stacks are had.</summary>
    public CallGraph CallGraph { get; set; } = CallGraph.Fp;

    /// <summary>Pages of the ring buffer of each CPU, a power of two up to 262144; 0 for enough.</summary>
    public int MmapPages { get; set; }

    /// <summary>How often the collector procfs looks at each process, 0.01 s to 1 h.</summary>
    public TimeSpan ProcfsInterval { get; set; } = ProcfsSession.DefaultInterval;

    /// <summary>Whether the events of .NET runtimes are kept as files; needs the collector dotnet.</summary>
    public bool DotNetTrace { get; set; }

    /// <summary>
    /// How long a run lasts; null for as long as its processes live. For <see cref="Targets"/> a new run begins when one has
    /// lasted so long: results in pieces, and memory that does not grow for ever.
    /// </summary>
    public TimeSpan? Duration { get; set; }

    /// <summary>Follow the children that a target has already.</summary>
    public bool Descendants { get; set; } = true;

    /// <summary>When to stop following a launched command.</summary>
    public FollowUntil Until { get; set; } = FollowUntil.Root;

    /// <summary>What happens to a launched tree when following ends first.</summary>
    public OnExit OnExit { get; set; } = OnExit.Kill;

    /// <summary>The result files beside tree.json: html, pprof, folded, speedscope, firefox, timeline.</summary>
    public IReadOnlyList<string> Formats { get; set; } = [.. ResultFormats.Default.Select(one => one.Format)];

    /// <summary>What is exported through OpenTelemetry and how, if it is (the package ForkFollow.Telemetry).</summary>
    public TelemetryOptions Telemetry { get; } = new();

    /// <summary>For the command: no report and no status line, problems only. The service library shows nothing anyway.</summary>
    public bool Quiet { get; set; }

    /// <summary>What was wrong in the configuration that these were bound to: told with all other faults.</summary>
    internal List<string> BindingFaults { get; } = [];
}

/// <summary>How the user part of a stack is had.</summary>
public enum CallGraph
{
    /// <summary>By frame pointers, in the kernel.</summary>
    Fp,

    /// <summary>By copies of the stack, unwound with DWARF data when the run has ended.</summary>
    Dwarf,
}
