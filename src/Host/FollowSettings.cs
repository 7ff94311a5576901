using ForkFollow.Collectors;
using ForkFollow.Collectors.Procfs;
using ForkFollow.Follower;

namespace ForkFollow.Host;

/// <summary>What one run is to do. Either <see cref="Pids"/> or <see cref="Command"/> is given.</summary>
public sealed record FollowSettings
{
    /// <summary>As perf has it: not in step with what happens a hundred times a second.</summary>
    internal const int DefaultFrequency = 99;

    /// <summary>The processes to seize.</summary>
    public IReadOnlyList<int> Pids { get; init; } = [];

    /// <summary>The command to launch, and its arguments.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The result directory; null for <c>forkfollow-NAME-PID</c> in the working directory.</summary>
    public string? Output { get; init; }

    /// <summary>Use the result directory even if it exists.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// The collectors by name; empty for none but the one that is always on; null for those that work here.
    /// </summary>
    public IReadOnlyList<string>? Collect { get; init; }

    /// <summary>How often CPU time is sampled, in Hz.</summary>
    public int Frequency { get; init; } = DefaultFrequency;

    /// <summary>Events to collect besides.</summary>
    public IReadOnlyList<EventChoice> Events { get; init; } = [];

    /// <summary>How user stacks are had.</summary>
    public CallGraph CallGraph { get; init; } = CallGraph.Fp;

    /// <summary>Pages of the ring buffer of each CPU, a power of two; 0 for enough.</summary>
    public int MmapPages { get; init; }

    /// <summary>How often the collector procfs looks at each process.</summary>
    public TimeSpan ProcfsInterval { get; init; } = ProcfsSession.DefaultInterval;

    /// <summary>Whether the events of .NET runtimes are kept as files.</summary>
    public bool DotNetTrace { get; init; }

    /// <summary>How long to follow; null for as long as it takes.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Follow the children that a target has already.</summary>
    public bool Descendants { get; init; } = true;

    /// <summary>When to stop following a launched command.</summary>
    public FollowUntil Until { get; init; } = FollowUntil.Root;

    /// <summary>What happens to a launched tree when following ends first.</summary>
    public OnExit OnExit { get; init; } = OnExit.Kill;

    /// <summary>The result files to write beside tree.json, by the names that <c>--format</c> takes.</summary>
    public IReadOnlyList<string> Formats { get; init; } = [.. ResultFormats.Default.Select(one => one.Format)];

    /// <summary>The launched command gets the trace context of its span, if spans are exported.</summary>
    public bool InjectTraceparent { get; init; }

    /// <summary>No report, no status line: problems only.</summary>
    public bool Quiet { get; init; }

    /// <summary>Whether a command is launched.</summary>
    public bool Launches => Command.Count > 0;
}

/// <summary>How the user part of a stack is had.</summary>
public enum CallGraph
{
    /// <summary>By frame pointers, in the kernel.</summary>
    Fp,

    /// <summary>By copies of the stack, unwound with DWARF data when the run has ended.</summary>
    Dwarf,
}

/// <summary>What became of a run. Written by <see cref="FollowService"/>.</summary>
public sealed class FollowOutcome
{
    /// <summary>The status to exit with: the workload's own, 2 if following could not begin, 126 and 127 as env(1).</summary>
    public int ExitStatus { get; set; }
}
