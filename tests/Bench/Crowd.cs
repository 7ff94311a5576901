using System.Globalization;
using System.Text.Json;

namespace ForkFollow.Bench;

/// <summary>
/// What forkfollow keeps for a child that lives: its resident memory before, while and after N children live at once.
/// And whether it has missed one.
/// </summary>
internal static class Crowd
{
    private const double GoalKiB = 8;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(
        ForkFollowProgram forkFollow, bool quick, NativePrograms programs, Scratch scratch, CancellationToken token)
    {
        var children = quick ? 300 : 2000;
        var results = scratch.NewPath();
        try
        {
            var workload = new Command(programs.Crowd, $"{children}");
            using var process = Subprocess.Start(forkFollow.Command(workload, results, "none"), token);
            var ready = await AtStageAsync(process, "ready", "VmRSS");
            var half = await AtStageAsync(process, "half", "VmRSS");
            var alive = await AtStageAsync(process, "alive", "VmRSS");
            var peak = await AtStageAsync(process, "ended", "VmHWM");
            await process.FinishAsync();

            // The first half also pays for code compiled and heaps grown once: the second shows the slope alone.
            var perChild = (alive - ready) / 1024.0 / children;
            var perLater = (alive - half) / 1024.0 / (children - (children / 2));
            var followed = Followed(results);
            var slim = Goals.Verdict(perChild <= GoalKiB);
            var complete = Goals.Verdict(followed == children + 1);
            return
            [
                new($"memory per live child, {children} children", KiB(perChild), $"≤ {GoalKiB} KiB", slim),
                new("the same, the second half of them alone", KiB(perLater)),
                new("peak resident memory (VmHWM)", MiB(peak)),
                new("processes in tree.json", $"{followed}", $"{children + 1}", complete),
            ];
        }
        catch (BenchException e)
        {
            throw new BenchException($"memory: {e.Message}");
        }
        finally
        {
            Scratch.Remove(results);
        }
    }

    /// <summary>Waits until the crowd is at a stage, reads the follower's memory, lets the crowd go on.</summary>
    private static async Task<long> AtStageAsync(Subprocess process, string stage, string field)
    {
        var line = await process.ReadLineAsync();
        if (line != stage)
        {
            throw new BenchException($"standard output should say '{stage}', but says '{line}'");
        }

        var bytes = Machine.StatusBytes(process.Id, field);
        await process.WriteLineAsync();
        return bytes >= 0 ? bytes : throw new BenchException($"forkfollow was gone at stage '{stage}'");
    }

    private static int Followed(string results)
    {
        var path = Path.Combine(results, "tree.json");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.GetProperty("processes").GetArrayLength();
        }
        catch (Exception e)
            when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new BenchException($"tree.json cannot be read: {e.Message}");
        }
    }

    private static string MiB(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MiB");

    private static string KiB(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:F2} KiB");
}
