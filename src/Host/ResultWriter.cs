using System.Diagnostics;
using ForkFollow.Collectors;
using ForkFollow.Follower;

namespace ForkFollow.Host;

/// <summary>
/// Writes tree.json as the run goes, and at its end. It pauses ten times as long as the last writing took, so that a
/// large tree costs a tenth of a CPU at most. A full disk is said once; following goes on.
/// </summary>
internal sealed class ResultWriter(ResultDirectory directory, RunResults results, FollowerFigures figures)
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    private bool _failed;

    /// <summary>Writes again and again until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        TimeSpan pause = LeastPause;
        long written = -1;
        while (true)
        {
            await Task.Delay(pause, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellation.IsCancellationRequested)
                return;

            // Each birth, exec and death is a stop: with none, there is nothing new.
            if (figures.Stops == written)
                continue;
            written = figures.Stops;
            long start = Stopwatch.GetTimestamp();
            Write();
            pause = TimeSpan.FromTicks(Math.Max(LeastPause.Ticks, Stopwatch.GetElapsedTime(start).Ticks * 10));
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
            TreeFile.Write(directory.Path, results, figures, Stopwatch.GetTimestamp());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_failed)
            {
                StandardError.Say(
                    $"cannot write {TreeFile.Name}: {e.Message}; following goes on, free space in {directory.Path}");
            }

            _failed = true;
        }
    }
}
