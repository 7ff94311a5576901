using System.Diagnostics;
using ForkFollow.Collectors;
using ForkFollow.Results;

namespace ForkFollow.Service;

/// <summary>
/// Writes tree.json as the run goes. It pauses ten times as long as the last writing took, so that a
/// large tree costs a tenth of a CPU at most. A full disk is said once; following goes on.
/// </summary>
internal sealed class ResultWriter(ResultDirectory directory, RunResults results, ResultLosses losses)
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
            // The run has ended, which writes it once more.
        }
    }

    private void Write()
    {
        try
        {
            TreeFile.Write(directory, results);
        }
        catch (IOException e)
        {
            if (!_failed)
                losses.Say($"cannot write {TreeFile.Name}: {e.Message}; following goes on, free space in {directory.Path}");
            _failed = true;
        }
    }
}
