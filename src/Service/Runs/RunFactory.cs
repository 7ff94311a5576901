using ForkFollow.Collectors;
using ForkFollow.Follower;
using ForkFollow.Results;
using ForkFollow.Results.Formats;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service;

/// <summary>Makes runs, each with a scope of services of its own: one's own collectors and observers serve one run each.</summary>
internal sealed class RunFactory(
    IServiceScopeFactory scopes, IEnumerable<RunPart> parts, IEnumerable<IRunListener> listeners,
    IEnumerable<IRunExporter> exporters,
    ILogger<FollowRun> logger)
{
    private int _saidWhatIsLacking;

    /// <summary>Makes a run, which has not begun.</summary>
    internal FollowRun Make(FollowSettings settings) => new(settings, this);

    /// <summary>For each run.</summary>
    internal ILogger Logger => logger;

    /// <summary>Whether runs are taken elsewhere.</summary>
    internal bool Exports => exporters.Any();

    /// <summary>Begins to take a run elsewhere.</summary>
    internal RunExports Export(LiveRun run) => new(exporters, run, logger);

    /// <summary>Services for one run, to be disposed at its end; its results are one of them.</summary>
    internal IServiceScope NewScope(RunResults results)
    {
        IServiceScope scope = scopes.CreateScope();
        scope.ServiceProvider.GetRequiredService<ResultsOfScope>().Results = results;
        return scope;
    }

    /// <summary>The collectors that were added, for one run.</summary>
    internal Collector[] CollectorsOf(IServiceScope scope) => [.. Of<Collector>(scope, PartKind.Collector)];

    /// <summary>The observers that were added, for one run.</summary>
    internal IFollowObserver[] ObserversOf(IServiceScope scope) => [.. Of<IFollowObserver>(scope, PartKind.Observer)];

    /// <summary>Says which of its formats this build lacks: once, however many runs there are.</summary>
    internal void SayWhatIsLacking(IReadOnlyList<string> formats)
    {
        if (ResultFormats.RefusalOf(formats) is { } refusal && Interlocked.Exchange(ref _saidWhatIsLacking, 1) == 0)
            logger.LogInformation("{Line}", refusal);
    }

    /// <summary>Tells all who listen. A fault of one is logged and keeps nothing from the others.</summary>
    internal void Tell(Action<IRunListener> what)
    {
        foreach (IRunListener listener in listeners)
        {
            try
            {
                what(listener);
            }
            catch (Exception e)
            {
                // Somebody else's fault must not end the run.
                logger.LogError(e, "a listener of runs failed ({Listener})", listener.GetType().Name);
            }
        }
    }

    private IEnumerable<T> Of<T>(IServiceScope scope, PartKind kind) =>
        parts.Where(part => part.Kind == kind).Select(part => scope.ServiceProvider.GetRequiredService(part.Service)).Cast<T>();
}

/// <summary>Which run a scope of services is for.</summary>
internal sealed class ResultsOfScope
{
    /// <summary>Its results; null in a scope that is not for a run.</summary>
    internal RunResults? Results { get; set; }
}

/// <summary>What somebody else adds to each run.</summary>
internal enum PartKind
{
    /// <summary>A collector.</summary>
    Collector,

    /// <summary>An observer.</summary>
    Observer,
}

/// <summary>A collector or an observer that was added.</summary>
/// <param name="Kind">What it is added as.</param>
/// <param name="Service">Its type, registered as a service.</param>
internal sealed record RunPart(PartKind Kind, Type Service);
