using System.Diagnostics;
using ForkFollow.Collectors;
using ForkFollow.Results;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service;

/// <summary>
/// Writes tree.json as the run goes, and at its end. It pauses ten times as long as the last writing took, so that a
/// large tree costs a tenth of a CPU at most. A full disk is said once; following goes on.
/// </summary>
internal sealed class ResultWriter(ResultDirectory directory, RunResults results, ILogger logger)
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _leastPause = TimeSpan.FromSeconds(1);

    private bool _failed;

    /// <summary>Writes again and again until cancelled; nothing while nothing happens.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        TimeSpan pause = _firstPause;
        try
        {
            while (true)
            {
                await Task.Delay(pause, cancellation).ConfigureAwait(false);
                long version = results.Version;
                long start = Stopwatch.GetTimestamp();
                Write();
                pause = TimeSpan.FromTicks(Math.Max(_leastPause.Ticks, Stopwatch.GetElapsedTime(start).Ticks * 10));
                await results.WaitForChangeAsync(version, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended: Finish writes the rest.
        }
    }

    /// <summary>Writes once more, when all results are in.</summary>
    internal void Finish()
    {
        results.EndTimestamp = Stopwatch.GetTimestamp();
        _failed = false;
        Write();
    }

    private void Write()
    {
        try
        {
            TreeFile.Write(directory.Path, results);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_failed)
            {
                logger.LogError(
                    "cannot write {File}: {Message}; following goes on, free space in {Directory}",
                    TreeFile.Name, e.Message, directory.Path);
            }

            _failed = true;
        }
    }
}
