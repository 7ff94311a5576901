using ForkFollow.Results;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service;

/// <summary>The exports of one run. A fault of one is logged and keeps nothing from the others, nor from the run.</summary>
internal sealed class RunExports : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly List<IRunExport> _exports = [];

    internal RunExports(IEnumerable<IRunExporter> exporters, LiveRun run, ILogger logger)
    {
        _logger = logger;
        foreach (IRunExporter exporter in exporters)
        {
            try
            {
                _exports.Add(exporter.Begin(run));
            }
            catch (Exception e)
            {
                Tell(e, exporter);
            }
        }
    }

    /// <summary>What the launched command is to have in its environment.</summary>
    internal IReadOnlyList<string> LaunchEnvironment => [.. _exports.SelectMany(export => export.LaunchEnvironment)];

    /// <summary>Sends what is left.</summary>
    internal Task EndAsync() => ForEachAsync(static export => export.EndAsync());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await ForEachAsync(static export => export.DisposeAsync().AsTask()).ConfigureAwait(false);

    private async Task ForEachAsync(Func<IRunExport, Task> what)
    {
        foreach (IRunExport export in _exports)
        {
            try
            {
                await what(export).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Tell(e, export);
            }
        }
    }

    private void Tell(Exception fault, object who) =>
        _logger.LogError(fault, "an export of runs failed ({Exporter}); the results on disk are complete", who.GetType().Name);
}
