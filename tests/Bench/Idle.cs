namespace ForkFollow.Bench;

/// <summary>CPU time of forkfollow while its workload sleeps: following a server for days must be free.</summary>
internal static class Idle
{
    /// <summary>What it does for its own start is not idling, and over by then.</summary>
    private static readonly TimeSpan _settled = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(
        ForkFollowProgram forkFollow, bool quick, Scratch scratch, CancellationToken token)
    {
        var interval = TimeSpan.FromSeconds(quick ? 2 : 10);
        var sleep = Machine.Find("sleep") ?? throw new BenchException("idle: `sleep` is not on PATH");

        // The workload sleeps longer than we look, so that its end is not within the interval.
        var workload = new Command(sleep, $"{interval.TotalSeconds + 1}");
        try
        {
            using var process = Subprocess.Start(forkFollow.Command(workload, scratch.NewPath(), "none"), token);
            await Task.Delay(_settled, token);
            var before = Machine.CpuTicks(process.Id);
            await Task.Delay(interval - _settled, token);
            var after = Machine.CpuTicks(process.Id);
            await process.FinishAsync();
            if (before < 0 || after < 0)
            {
                throw new BenchException("forkfollow ended before its workload");
            }

            var used = after - before;
            var title = $"CPU ticks of an idle follower in {(interval - _settled).TotalSeconds} s";
            return [new(title, $"{used}", "0", Goals.Verdict(used == 0))];
        }
        catch (BenchException e)
        {
            throw new BenchException($"idle: {e.Message}");
        }
    }
}
