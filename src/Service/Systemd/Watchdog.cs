using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service;

/// <summary>
/// Gives the service manager a sign of life at half of the time that it waits, but only if the supervisor has looked for targets
/// lately, every tracer thread answers, and no other thread of a run has failed or hangs. Without it we are killed and started
/// anew, and the kernel lets go of all targets.
/// </summary>
/// <param name="manager">Who waits for signs.</param>
/// <param name="tracersAnswer">Completes when each tracer thread has answered.</param>
/// <param name="threadTrouble">What is wrong with another thread, that has failed or is at one piece of work so long; null if nothing is.</param>
/// <param name="scanInterval">How often targets are looked for.</param>
/// <param name="logger">Takes why there is no sign.</param>
internal sealed class Watchdog(
    ServiceManager manager, Func<Task> tracersAnswer, Func<TimeSpan, string?> threadTrouble, TimeSpan scanInterval, ILogger logger)
{
    private long _beat = Stopwatch.GetTimestamp();

    /// <summary>Whether the supervisor looks no more, since the host stops.</summary>
    internal volatile bool IsStopping;

    /// <summary>The supervisor is at work.</summary>
    internal void Beat() => Volatile.Write(ref _beat, Stopwatch.GetTimestamp());

    /// <summary>Gives signs until cancelled. Returns at once if nobody waits for them.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        if (manager.Watchdog is not { } patience)
            return;
        using var timer = new PeriodicTimer(patience / 2);
        try
        {
            do
            {
                if (await FaultAsync(patience / 2, cancellation).ConfigureAwait(false) is { } fault)
                    logger.LogError("no sign of life for the service manager: {Fault}", fault);
                else
                    manager.Tell("WATCHDOG=1");
            }
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // All has ended.
        }
    }

    private async Task<string?> FaultAsync(TimeSpan patience, CancellationToken cancellation)
    {
        if (!IsStopping && Stopwatch.GetElapsedTime(Volatile.Read(ref _beat)) > scanInterval + (2 * patience))
            return "targets are not looked for";
        try
        {
            await tracersAnswer().WaitAsync(patience, cancellation).ConfigureAwait(false);
            return threadTrouble(patience);
        }
        catch (TimeoutException)
        {
            return "a tracer thread does not answer";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return $"a tracer thread has failed: {e.Message}";
        }
    }
}
