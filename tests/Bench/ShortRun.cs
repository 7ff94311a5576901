using System.Globalization;

namespace ForkFollow.Bench;

/// <summary>
/// A whole run of <c>forkfollow -q -- true</c>, by the native program and by the managed build: how long, how much CPU time of our own,
/// how much memory.
/// </summary>
internal static class ShortRun
{
    private sealed record Cost(double Millis, double CpuMillis, double Mebibytes);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(
        ForkFollowProgram measured, BenchOptions options, NativePrograms programs, Scratch scratch, CancellationToken token)
    {
        var other = await ForkFollowProgram.BuildAsync(options with { Managed = !measured.IsManaged }, _ => { }, token);
        ForkFollowProgram[] compared = [measured, other];
        var costs = compared.Select(_ => new List<Cost>()).ToArray();

        // Round -1 only brings the programs' files into the page cache.
        for (var round = -1; round < options.Rounds; round++)
        {
            foreach (var which in round % 2 == 0 ? (int[])[0, 1] : [1, 0])
            {
                var cost = await OnceAsync(compared[which], programs, scratch, token);
                if (round >= 0)
                {
                    costs[which].Add(cost);
                }
            }
        }

        return [.. compared.SelectMany((program, which) => Rows(program, costs[which]))];
    }

    /// <summary>The goals are for the program that is shipped.</summary>
    private static IEnumerable<Figure> Rows(ForkFollowProgram program, List<Cost> costs)
    {
        var title = $"a run of `true`, {(program.IsManaged ? "managed" : "native")}: ";
        yield return Row("wall time", "ms", cost => cost.Millis, null);
        yield return Row("CPU time of our own", "ms", cost => cost.CpuMillis, 25);
        yield return Row("memory", "MiB", cost => cost.Mebibytes, 25);

        Figure Row(string what, string unit, Func<Cost, double> pick, double? goal)
        {
            var median = Statistics.Median([.. costs.Select(pick)]);
            var value = string.Create(CultureInfo.InvariantCulture, $"{median:F1} {unit}");
            return goal is null || program.IsManaged
                ? new(title + what, value)
                : new(title + what, value, $"≤ {goal} {unit}", Goals.Verdict(median <= goal));
        }
    }

    private static async Task<Cost> OnceAsync(
        ForkFollowProgram program, NativePrograms programs, Scratch scratch, CancellationToken token)
    {
        var results = scratch.NewPath();
        var run = program.Run(new("true"), results);
        var said = await Subprocess.RunAsync(new(programs.Cost, [run.File, .. run.Arguments]), token);
        Scratch.Remove(results);
        double[] figures = [.. said.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return new(figures[0] / 1e6, figures[1] / 1e6, figures[2] / 1024);
    }
}
