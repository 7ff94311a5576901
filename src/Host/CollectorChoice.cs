using ForkFollow.Collectors;
using ForkFollow.Follower;

namespace ForkFollow.Host;

/// <summary>The collectors of a run, made from their names, and what they share for its time.</summary>
internal sealed class CollectorChoice : IDisposable
{
    private readonly CounterSettings? _counterSettings;

    private CollectorChoice(IReadOnlyList<Collector> collectors, CounterSettings? counterSettings)
    {
        Collectors = collectors;
        _counterSettings = counterSettings;
    }

    /// <summary>The names that <c>--collect</c> takes, <c>none</c> aside.</summary>
    internal static IReadOnlyList<string> Names { get; } = ["rusage", "counters"];

    internal IReadOnlyList<Collector> Collectors { get; }

    /// <summary>Makes the collectors.</summary>
    /// <param name="names">Their names; null for all that work here.</param>
    /// <param name="report">Takes what could not be collected.</param>
    /// <exception cref="StartUpException">One that was asked for does not work here.</exception>
    internal static CollectorChoice Make(IReadOnlyList<string>? names, Action<LedgerEntry> report)
    {
        List<Collector> collectors = [new RusageCollector()];
        if (names is not null && !names.Contains("counters"))
            return new(collectors, counterSettings: null);

        CounterSettings? settings = CounterSettings.Probe(out string? refusal);
        if (settings is not null)
            collectors.Add(new CounterCollector(settings, report));
        else if (names is not null)
            throw new StartUpException(refusal!);
        else
            report(new(LedgerKind.Collector, 0, refusal!));
        return new(collectors, settings);
    }

    /// <inheritdoc/>
    public void Dispose() => _counterSettings?.Dispose();
}
