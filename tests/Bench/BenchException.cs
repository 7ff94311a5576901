namespace ForkFollow.Bench;

/// <summary>An expected failure: its message is all that the user sees, and the exit code is 2.</summary>
internal sealed class BenchException(string message) : Exception(message);
