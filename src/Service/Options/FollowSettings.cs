using ForkFollow.Collectors;
using ForkFollow.Collectors.Procfs;
using ForkFollow.Follower;

namespace ForkFollow.Service;

/// <summary>What one run is to do. Either <see cref="Pids"/> or <see cref="Command"/> is given. Immutable.</summary>
internal sealed record FollowSettings
{
    /// <summary>As perf has it: not in step with what happens a hundred times a second.</summary>
    internal const int DefaultFrequency = 99;

    /// <summary>The processes to seize.</summary>
    internal IReadOnlyList<int> Pids { get; init; } = [];

    /// <summary>The command to launch, and its arguments.</summary>
    internal IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The result directory; null for <c>forkfollow-NAME-PID</c> in the working directory.</summary>
    internal string? Output { get; init; }

    /// <summary>Use the result directory even if it exists.</summary>
    internal bool Force { get; init; }

    /// <summary>
    /// The collectors by name; empty for none but the one that is always on; null for those that work here.
    /// </summary>
    internal IReadOnlyList<string>? Collect { get; init; }

    /// <summary>How often CPU time is sampled, in Hz.</summary>
    internal int Frequency { get; init; } = DefaultFrequency;

    /// <summary>Events to collect besides.</summary>
    internal IReadOnlyList<EventChoice> Events { get; init; } = [];

    /// <summary>How user stacks are had.</summary>
    internal CallGraph CallGraph { get; init; } = CallGraph.Fp;

    /// <summary>Pages of the ring buffer of each CPU, a power of two; 0 for enough.</summary>
    internal int MmapPages { get; init; }

    /// <summary>How often the collector procfs looks at each process.</summary>
    internal TimeSpan ProcfsInterval { get; init; } = ProcfsSession.DefaultInterval;

    /// <summary>Whether the events of .NET runtimes are kept as files.</summary>
    internal bool DotNetTrace { get; init; }

    /// <summary>How long to follow; null for as long as it takes.</summary>
    internal TimeSpan? Duration { get; init; }

    /// <summary>Follow the children that a target has already.</summary>
    internal bool Descendants { get; init; } = true;

    /// <summary>When to stop following a launched command.</summary>
    internal FollowUntil Until { get; init; } = FollowUntil.Root;

    /// <summary>What happens to a launched tree when following ends first.</summary>
    internal OnExit OnExit { get; init; } = OnExit.Kill;

    /// <summary>The result files to write beside tree.json, by the names that <c>--format</c> takes.</summary>
    internal IReadOnlyList<string> Formats { get; init; } = [];

    /// <summary>Whether a command is launched.</summary>
    internal bool Launches => Command.Count > 0;

    /// <summary>What checked options ask for.</summary>
    internal static FollowSettings From(ForkFollowOptions options) => new()
    {
        Pids = options.Pids,
        Command = options.Command,
        Output = options.Output,
        Force = options.Force,
        Collect = options.Collect,
        Frequency = options.Frequency,
        Events = ParseEvents(options.Events),
        CallGraph = options.CallGraph,
        MmapPages = options.MmapPages,
        ProcfsInterval = options.ProcfsInterval,
        DotNetTrace = options.DotNetTrace,
        Duration = options.Duration,
        Descendants = options.Descendants,
        Until = options.Until,
        OnExit = options.OnExit,
        Formats = options.Formats,
    };

    /// <summary>The events by their checked names.</summary>
    internal static IReadOnlyList<EventChoice> ParseEvents(IReadOnlyList<string> texts) =>
        texts.Count == 0 ? [] : EventChoice.Parse(string.Join(',', texts), out _) ?? [];
}
