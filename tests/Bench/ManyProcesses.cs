using System.Diagnostics;
using System.Globalization;

namespace ForkFollow.Bench;

/// <summary>A run of thousands of short processes with the default collectors: the memory it takes, and all reports of it.</summary>
internal static class ManyProcesses
{
    private const double GoalSeconds = 10;
    private const double GoalMiB = 300;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(
        ForkFollowProgram forkFollow, bool quick, Scratch scratch, CancellationToken token)
    {
        var count = quick ? 500 : 10_000;
        var shell = Machine.Find("sh") ?? throw new BenchException("many: `sh` is not on PATH");

        // At its end it holds what all results take: asked by itself, since the follower outlives it for the reports alone.
        var script = $"i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done";
        var results = scratch.NewPath();
        try
        {
            var peak = await PeakAsync(forkFollow.Command(new(shell, "-c", script), results, "counters,cpu"), token);
            var start = Stopwatch.GetTimestamp();
            await Subprocess.RunAsync(forkFollow.Report(results), token);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var invariant = CultureInfo.InvariantCulture;
            return
            [
                new(
                    $"all result files of {count} short processes", string.Create(invariant, $"{seconds:F1} s"),
                    $"≤ {GoalSeconds} s", Goals.Verdict(seconds <= GoalSeconds)),
                new(
                    $"peak memory of a run of {count} short processes, with its reports",
                    string.Create(invariant, $"{peak / 1048576.0:F0} MiB"), $"≤ {GoalMiB} MiB",
                    Goals.Verdict(peak / 1048576.0 <= GoalMiB)),
            ];
        }
        finally
        {
            Scratch.Remove(results);
        }
    }

    /// <summary>Runs a command, and looks at its peak resident memory again and again until its end.</summary>
    private static async Task<long> PeakAsync(Command command, CancellationToken token)
    {
        long peak = 0;
        Task<string> run = Subprocess.RunAsync(command, token, started: id =>
        {
            _ = Task.Run(
                async () =>
                {
                    for (long now = 0; now >= 0; await Task.Delay(20, token))
                    {
                        now = Machine.StatusBytes(id, "VmHWM");
                        peak = Math.Max(peak, now);
                    }
                },
                token);
        });
        await run;
        return peak;
    }
}
