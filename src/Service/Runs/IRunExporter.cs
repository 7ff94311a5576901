using ForkFollow.Results;

namespace ForkFollow.Service;

/// <summary>
/// Takes runs elsewhere while they go, as telemetry does. Registered in the services of the host, as a singleton; several may be.
/// </summary>
public interface IRunExporter
{
    /// <summary>Begins with a run: before its launch, so that its command can be given something. Any thread.</summary>
    IRunExport Begin(LiveRun run);
}

/// <summary>The export of one run. Any thread, one call at a time. An exception is logged, and the run goes on.</summary>
public interface IRunExport : IAsyncDisposable
{
    /// <summary>What the launched command is to have in its environment, as NAME=value, whatever ours has.</summary>
    IReadOnlyList<string> LaunchEnvironment => [];

    /// <summary>
    /// The run is over, and all collectors have handed over their results: sends what is left, within a time of its own. Before
    /// tree.json is written for the last time, so that it may add to the ledger.
    /// </summary>
    Task EndAsync();
}
