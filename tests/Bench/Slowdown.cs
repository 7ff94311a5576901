using System.Globalization;

namespace ForkFollow.Bench;

/// <summary>What work that only computes loses to being sampled at 99 Hz: interleaved with the same work alone.</summary>
internal static class Slowdown
{
    private const double Goal = 1.01;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(
        ForkFollowProgram forkFollow, BenchOptions options, NativePrograms programs, Scratch scratch, CancellationToken token)
    {
        var workload = new Command(programs.Compute, options.Quick ? "200" : "4000");
        var alone = new List<double>();
        var sampled = new List<double>();
        for (var round = 0; round < options.Rounds; round++)
        {
            alone.Add(Micros(await Subprocess.RunAsync(workload, token)));
            var results = scratch.NewPath();
            sampled.Add(Micros(await Subprocess.RunAsync(forkFollow.Command(workload, results, "cpu"), token)));
            Scratch.Remove(results);
        }

        var ratio = Statistics.Median(sampled) / Statistics.Median(alone);
        return
        [
            new(
                "CPU-bound work sampled at 99 Hz ÷ alone",
                ratio.ToString("F4", CultureInfo.InvariantCulture),
                $"≤ {Goal.ToString("F2", CultureInfo.InvariantCulture)}",
                Goals.Verdict(ratio <= Goal)),
        ];
    }

    private static double Micros(string said) => double.Parse(said, CultureInfo.InvariantCulture);
}
