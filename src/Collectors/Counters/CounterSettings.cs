using ForkFollow.Collectors.EventNames;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Collectors;

/// <summary>
/// The events that are counted, in groups that are scheduled together, and a reference event of each kind that stays open
/// for the session: closing the last event of a kind is slow (page-faults 40 µs), opening the second one is not. Shared by
/// all clones of a counter collector.
/// </summary>
public sealed class CounterSettings : IDisposable
{
    private static readonly string[][] _defaults =
    [
        ["task-clock", "context-switches", "cpu-migrations", "page-faults"],
        ["cycles", "instructions", "cache-misses", "branch-misses"],
    ];

    private readonly List<int> _references;
    private readonly List<int> _contextKeepers = [];

    private CounterSettings(List<CounterEvent[]> groups, bool userOnly, List<int> references)
    {
        Groups = [.. groups];
        UserOnly = userOnly;
        _references = references;
        Events = [.. groups.SelectMany(group => group).Select(one => one.Name)];
    }

    /// <summary>The names of the events, in the order of the values.</summary>
    public IReadOnlyList<string> Events { get; }

    /// <summary>Only what happens in user mode may be counted (perf_event_paranoid).</summary>
    public bool UserOnly { get; }

    internal CounterEvent[][] Groups { get; }

    /// <summary>Finds out which of the default events can be counted.</summary>
    /// <param name="refusal">Why none can be: what, why, remedy in one line; null otherwise.</param>
    /// <returns>The settings, or null.</returns>
    public static CounterSettings? Probe(out string? refusal)
    {
        var prober = new CounterProber();
        foreach (string[] names in _defaults)
            prober.AddWhatWorks([.. names.Select(name => CounterNames.Find(name)!)]);
        return Make(prober, out refusal);
    }

    /// <summary>Counts the events that the user has named.</summary>
    /// <param name="choices">The events; tracepoints among them are not looked at.</param>
    /// <param name="refusal">Why one of them cannot be counted: what, why, remedy in one line; null otherwise.</param>
    /// <returns>The settings, or null.</returns>
    public static CounterSettings? Open(IEnumerable<EventChoice> choices, out string? refusal)
    {
        CounterEvent[][] named = [.. choices.Where(choice => choice.IsCounted).Select(choice => choice.Counters.ToArray())];
        foreach (IGrouping<string, CounterEvent> alike in named.SelectMany(group => group).GroupBy(one => one.Name))
        {
            if (alike.Skip(1).Any())
            {
                refusal = $"{alike.Key} is named twice; name each event once";
                return null;
            }
        }

        var prober = new CounterProber();
        foreach (CounterEvent[] group in Bundle(named))
            prober.AddAll(group);
        return Make(prober, out refusal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (int fd in _references.Concat(_contextKeepers))
            _ = LibC.close(fd);
        _references.Clear();
        _contextKeepers.Clear();
    }

    /// <summary>
    /// Opens an event on a target that counts nothing and that all its descendants inherit: so each of them has a perf
    /// context at its birth, and the first event that is opened on it need not set one up on its CPU
    /// (docs/adr/0011-counter-groups.md). What counts is not touched by it, so a failure is of no matter. Tracer thread.
    /// </summary>
    internal unsafe void KeepContext(int tid)
    {
        var attr = new perf_event_attr
        {
            type = PerfType.PERF_TYPE_SOFTWARE,
            size = perf_event_attr.PERF_ATTR_SIZE_VER7,
            config = Linux.PERF_COUNT_SW_DUMMY,
            flags = PerfAttrFlags.inherit | PerfAttrFlags.exclude_kernel | PerfAttrFlags.exclude_hv,
        };
        int fd = Linux.perf_event_open(&attr, tid, -1, -1, Linux.PERF_FLAG_FD_CLOEXEC);
        if (fd >= 0)
            _contextKeepers.Add(fd);
    }

    /// <summary>
    /// Events that are named alone are groups of their own, so that each is scheduled when it can be. Software events can
    /// always be: they share groups, which are cheaper to open.
    /// </summary>
    private static IEnumerable<CounterEvent[]> Bundle(CounterEvent[][] named)
    {
        static bool IsLoneSoftware(CounterEvent[] group) => group is [{ Type: PerfType.PERF_TYPE_SOFTWARE }];
        return named.Where(IsLoneSoftware).Select(group => group[0]).Chunk(PerfGroup.MaxEvents)
            .Concat(named.Where(group => !IsLoneSoftware(group)));
    }

    private static CounterSettings? Make(CounterProber prober, out string? refusal)
    {
        refusal = prober.Refusal;
        if (refusal is null)
            return new(prober.Groups, prober.UserOnly, prober.References);
        foreach (int fd in prober.References)
            _ = LibC.close(fd);
        return null;
    }
}
