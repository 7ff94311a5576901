using System.Globalization;

namespace ForkFollow.Bench;

/// <summary>
/// A whole run of <c>forkfollow -q -- true</c>, by the plain build and by a ReadyToRun publish, whose code is compiled in advance.
/// </summary>
internal static class ReadyToRun
{
    private static readonly TimeSpan _publishLimit = TimeSpan.FromMinutes(10);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(
        ForkFollowProgram plain, int rounds, Scratch scratch, CancellationToken token)
    {
        var folder = scratch.NewPath();
        await ForkFollowProgram.DotnetAsync(
            _publishLimit,
            token,
            "publish", Path.Combine(ForkFollowProgram.RequiredRoot, "src", "Host"), "-c", "Release", "-r", "linux-x64",
            "--no-self-contained", "-p:PublishReadyToRun=true", "-o", folder, "--nologo", "-v", "quiet");
        ForkFollowProgram[] compared = [plain, ForkFollowProgram.At(Path.Combine(folder, "forkfollow"))];
        var millis = compared.Select(_ => new List<double>()).ToArray();

        // Round -1 only brings the programs' files into the page cache.
        for (var round = -1; round < rounds; round++)
        {
            foreach (var which in round % 2 == 0 ? (int[])[0, 1] : [1, 0])
            {
                var elapsed = await OnceAsync(compared[which], scratch, token);
                if (round >= 0)
                {
                    millis[which].Add(elapsed);
                }
            }
        }

        Scratch.Remove(folder);
        var ratio = Statistics.Median(millis[1]) / Statistics.Median(millis[0]);
        var text = ratio.ToString("F2", CultureInfo.InvariantCulture);
        return [new("a run of `true`, ReadyToRun publish ÷ plain build (medians)", text, "≤ 1.00", Goals.Verdict(ratio <= 1))];
    }

    /// <summary>Milliseconds, from its start to its end.</summary>
    private static async Task<double> OnceAsync(ForkFollowProgram program, Scratch scratch, CancellationToken token)
    {
        var results = scratch.NewPath();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        using (var process = Subprocess.Start(program.Run(new("true"), results), token))
        {
            await process.FinishAsync();
        }

        var elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        Scratch.Remove(results);
        return elapsed;
    }
}
