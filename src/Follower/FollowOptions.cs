namespace ForkFollow.Follower;

/// <summary>How long to follow.</summary>
public enum FollowUntil
{
    /// <summary>Until the launched command has ended; what it left behind is let go alive.</summary>
    Root,

    /// <summary>Until the last process of the tree has ended.</summary>
    All,
}

/// <summary>What happens to a launched tree when following ends before it does. An attached one is always let go.</summary>
public enum OnExit
{
    /// <summary>It is killed, and dies with us even if we are killed.</summary>
    Kill,

    /// <summary>It lives on.</summary>
    Detach,
}

/// <summary>What to start.</summary>
public sealed record LaunchOptions
{
    /// <summary>The command and its arguments; the command is searched in PATH if it has no slash.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>When to stop following.</summary>
    public FollowUntil Until { get; init; } = FollowUntil.Root;

    /// <summary>What happens to the tree when we end first.</summary>
    public OnExit OnExit { get; init; } = OnExit.Kill;

    /// <summary>
    /// Variables that are added to the environment of the command, as <c>NAME=value</c>; one that it has already keeps its
    /// value.
    /// </summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Variables that the command has, as <c>NAME=value</c>, whatever value our environment gives them.</summary>
    public IReadOnlyList<string> EnvironmentOverrides { get; init; } = [];
}

/// <summary>What to seize.</summary>
public sealed record AttachOptions
{
    /// <summary>
    /// The processes; a thread id stands for its process. One whose pid has gone to another process meanwhile is refused.
    /// </summary>
    public required IReadOnlyList<ProcessIdentity> Targets { get; init; }

    /// <summary>Whether children that exist already are followed too, with theirs.</summary>
    public bool Descendants { get; init; } = true;
}
