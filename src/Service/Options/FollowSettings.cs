using ForkFollow.Collectors.EventNames;
using ForkFollow.Follower;

namespace ForkFollow.Service;

/// <summary>
/// What one run is to do: checked options, and what is its own among those of many runs. Either <see cref="Processes"/> or
/// <see cref="Command"/> is given. Immutable.
/// </summary>
/// <param name="Options">The options, which are not changed any more.</param>
internal sealed record FollowSettings(ForkFollowOptions Options)
{
    /// <summary>The processes to seize.</summary>
    internal IReadOnlyList<ProcessIdentity> Processes { get; init; } = [.. Options.Pids];

    /// <summary>The command to launch, and its arguments.</summary>
    internal IReadOnlyList<string> Command => Options.Command;

    /// <summary>The result directory; null for <c>forkfollow-NAME-PID</c> in the working directory.</summary>
    internal string? Output { get; init; } = Options.Output;

    /// <summary>Events to collect besides.</summary>
    internal IReadOnlyList<EventChoice> Events { get; } = ParseEvents(Options.Events);

    /// <summary>Whether a command is launched.</summary>
    internal bool Launches => Command.Count > 0;

    /// <summary>The events by their checked names.</summary>
    internal static IReadOnlyList<EventChoice> ParseEvents(IReadOnlyList<string> texts) =>
        texts.Count == 0 ? [] : EventChoice.Parse(string.Join(',', texts), out _) ?? [];
}
