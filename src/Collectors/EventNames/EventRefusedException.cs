namespace ForkFollow.Collectors.EventNames;

/// <summary>An event cannot be had. Its message is one line for the user: what, why, remedy. Stays inside the parser.</summary>
internal sealed class EventRefusedException(string message) : Exception(message);
