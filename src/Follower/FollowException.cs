namespace ForkFollow.Follower;

/// <summary>Why following could not begin.</summary>
public enum FollowFailure
{
    /// <summary>No target could be seized, or the kernel refused.</summary>
    Refused,

    /// <summary>The command does not exist (a shell's 127).</summary>
    CommandNotFound,

    /// <summary>The command exists and cannot be executed (a shell's 126).</summary>
    CommandNotExecutable,
}

/// <summary>Following could not begin. The message has a line per target: what failed, why, and the remedy.</summary>
public sealed class FollowException : Exception
{
    /// <summary>Makes one.</summary>
    public FollowException(string message, FollowFailure failure = FollowFailure.Refused)
        : base(message) => Failure = failure;

    /// <summary>What kind of failure.</summary>
    public FollowFailure Failure { get; }
}
