namespace ForkFollow.Collectors.EventNames;

/// <summary>
/// Reads the text of <c>-e</c>, from left to right:
/// <code>
/// list        item {, item}
/// item        event | { event {, event} } [:modifiers]
/// event       name [:modifiers]                 cycles, L1-dcache-loads:u, r1a8
///           | pmu / terms / [[:]modifiers]      cpu/event=0x3c,umask=1/u
///           | group : name [/ filter /]         a tracepoint
/// </code>
/// What is behind a colon is modifiers if it has only letters that perf has for them: so no tracepoint is taken for one.
/// A tracepoint in a group is traced, not counted: it is an item of its own.
/// </summary>
internal sealed class EventParser(string text, PmuFolder pmus)
{
    /// <summary>All letters that are modifiers to perf; see perf-list(1).</summary>
    private const string Modifiers = "ukhpPGHDISWe";

    private readonly List<EventChoice> _choices = [];
    private int _at;

    private char Next => _at < text.Length ? text[_at] : '\0';

    internal IReadOnlyList<EventChoice> ParseList()
    {
        do
        {
            if (Next == '{')
                ParseGroup();
            else
                _choices.Add(ParseEvent());
        }
        while (Take(','));

        if (_at < text.Length)
            throw Refused($"'{text[_at..]}' is too much");
        return _choices;
    }

    private void ParseGroup()
    {
        _at++;
        var members = new List<CounterEvent>();
        do
        {
            EventChoice member = ParseEvent();
            if (member.Tracepoint is null)
                members.Add(member.Counters[0]);
            else
                _choices.Add(member);
        }
        while (Take(','));

        if (!Take('}'))
            throw Refused("the group does not end; close it with }");
        string modifiers = Take(':') ? TakeUntil(",}") : "";
        if (members.Count > CounterEvent.MaxInGroup)
            throw Refused($"{members.Count} events are too many for a group, which takes {CounterEvent.MaxInGroup}; make two groups");
        if (members.Count > 0)
            _choices.Add(new([.. members.Select(member => member.With(modifiers))]));
    }

    private EventChoice ParseEvent()
    {
        if (Next == '{')
            throw Refused("a group in a group cannot be");
        string name = TakeUntil(",}/");
        if (name.Length == 0)
            throw Refused("an event is missing; separate events by one comma");
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        if (Next != '/')
            return Named(name, colon);
        _at++;
        return colon < 0 ? OfPmu(name) : Tracepoint(name, colon, TakeFilter());
    }

    private EventChoice Named(string text, int colon)
    {
        string name = colon < 0 ? text : text[..colon];
        string modifiers = colon < 0 ? "" : text[(colon + 1)..];
        CounterEvent? known = CounterNames.Find(name);
        if (colon >= 0 && known is null && !modifiers.All(letter => Modifiers.Contains(letter, StringComparison.Ordinal)))
            return Tracepoint(text, colon, filter: null);
        if (known is null)
        {
            throw new EventRefusedException(
                $"'{name}' is no event{Hint(name)}; "
                + "-e takes the names of perf list, rNNNN, pmu/term=value,…/, or a tracepoint as group:name[/filter/]");
        }

        if (colon >= 0 && modifiers.Length == 0)
            throw Refused("modifiers are missing behind the colon; u, k and h can be had");
        return new([known.With(modifiers)]);
    }

    private string Hint(string name) =>
        pmus.WithEvent(name).FirstOrDefault() is { } one ? $" (did you mean {one}?)" : NearMatches.Ask(name, CounterNames.All);

    private EventChoice OfPmu(string pmu)
    {
        string terms = TakeUntil("/");
        if (!Take('/'))
            throw Refused($"the terms of {pmu} do not end; close them with /");
        Take(':');
        return new([pmus.Resolve(pmu, terms).With(TakeUntil(",}"))]);
    }

    private EventChoice Tracepoint(string name, int colon, string? filter)
    {
        if (colon == 0 || colon == name.Length - 1 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ':'))
            throw Refused("a tracepoint is group:name or group:name/filter/");
        return new(new TracepointChoice(name[..colon], name[(colon + 1)..], filter));
    }

    /// <summary>
    /// A filter ends at a slash that nothing of it follows: it may hold slashes and commas itself, as in
    /// <c>filename ~ "/etc/*"</c>.
    /// </summary>
    private string TakeFilter()
    {
        bool quoted = false;
        for (int i = _at; i < text.Length; i++)
        {
            if (text[i] == '"')
                quoted = !quoted;
            if (quoted || text[i] != '/' || (i + 1 < text.Length && text[i + 1] is not (',' or '}')))
                continue;
            string filter = text[_at..i];
            _at = i + 1;
            return filter;
        }

        throw Refused("the filter does not end; close it with /");
    }

    private string TakeUntil(string ends)
    {
        int from = _at;
        while (_at < text.Length && !ends.Contains(text[_at], StringComparison.Ordinal))
            _at++;
        return text[from.._at];
    }

    private bool Take(char wanted)
    {
        if (Next != wanted)
            return false;
        _at++;
        return true;
    }

    private EventRefusedException Refused(string why) => new($"'{text}' is no event: {why}");
}
