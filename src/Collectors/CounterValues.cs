namespace ForkFollow.Collectors;

/// <summary>What was counted for one process. Immutable.</summary>
/// <param name="Events">The names, shared by all processes.</param>
/// <param name="Values">A value for each; task-clock in nanoseconds, all others counts.</param>
public sealed record CounterValues(IReadOnlyList<string> Events, IReadOnlyList<long> Values);
