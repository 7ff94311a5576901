namespace ForkFollow.Collectors;

/// <summary>An event as <c>-e</c> names it. Immutable.</summary>
public sealed record EventChoice
{
    private EventChoice(TracepointChoice tracepoint) => Tracepoint = tracepoint;

    /// <summary>The tracepoint.</summary>
    public TracepointChoice Tracepoint { get; }

    /// <summary>Reads <c>group:name[/filter/]</c>.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="refusal">What is wrong with it; null if nothing is.</param>
    public static EventChoice? Parse(string text, out string? refusal)
    {
        ArgumentNullException.ThrowIfNull(text);
        refusal = null;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string name = slash < 0 ? text : text[..slash];
        string? filter = slash < 0 ? null : text[(slash + 1)..];
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && colon < name.Length - 1 && filter is null or [_, .., '/']
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ':'))
        {
            return new(new TracepointChoice(name[..colon], name[(colon + 1)..], filter?[..^1]));
        }

        refusal = $"'{text}' is no event; -e takes group:name or group:name/filter/";
        return null;
    }
}
