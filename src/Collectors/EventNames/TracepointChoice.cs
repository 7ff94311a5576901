namespace ForkFollow.Collectors.EventNames;

/// <summary>A tracepoint as <c>-e</c> names it.</summary>
/// <param name="Group">Its group: sched.</param>
/// <param name="Name">Its name: sched_process_exec.</param>
/// <param name="Filter">A filter in the kernel's language; null for none.</param>
public sealed record TracepointChoice(string Group, string Name, string? Filter);
