namespace ForkFollow.Host;

/// <summary>A run could not begin. The message says what failed, why, and the remedy, in a line (or one per target).</summary>
internal sealed class StartUpException(string message) : Exception(message);
