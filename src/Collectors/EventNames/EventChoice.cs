namespace ForkFollow.Collectors.EventNames;

/// <summary>
/// What <c>-e</c> names: a tracepoint, or counter events that are scheduled together. One of the two. Immutable.
/// </summary>
public sealed record EventChoice
{
    internal EventChoice(TracepointChoice tracepoint) => Tracepoint = tracepoint;

    internal EventChoice(IReadOnlyList<CounterEvent> counters) => Counters = counters;

    /// <summary>The tracepoint, for the collector trace; null for counter events.</summary>
    public TracepointChoice? Tracepoint { get; }

    /// <summary>Whether it is for the collector counters.</summary>
    public bool IsCounted => Tracepoint is null;

    /// <summary>The counter events: one, or those of a group in braces.</summary>
    internal IReadOnlyList<CounterEvent> Counters { get; } = [];

    /// <summary>Reads what perf's <c>-e</c> takes: events with modifiers, groups in braces, and lists of both.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="refusal">What is wrong with it, why, and the remedy, in one line; null if nothing is.</param>
    /// <returns>The events; null if it is refused.</returns>
    public static IReadOnlyList<EventChoice>? Parse(string text, out string? refusal) =>
        Parse(text, new PmuFolder(), out refusal);

    internal static IReadOnlyList<EventChoice>? Parse(string text, PmuFolder pmus, out string? refusal)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            refusal = null;
            return new EventParser(text, pmus).ParseList();
        }
        catch (EventRefusedException e)
        {
            refusal = e.Message;
            return null;
        }
    }
}
