using System.Globalization;

namespace ForkFollow.Bench;

/// <summary>From the start of a tracer to the first instructions of its workload.</summary>
internal static class StartUp
{
    private static readonly string[] _compared = [Contender.None, Contender.Bare, Contender.Follow];

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(
        IReadOnlyList<Contender> contenders,
        int rounds,
        NativePrograms programs,
        Scratch scratch,
        CancellationToken token)
    {
        Contender[] compared = [.. contenders.Where(c => _compared.Contains(c.Name))];
        var millis = compared.ToDictionary(c => c.Name, _ => new List<double>());

        // Round -1 only brings the programs' files into the page cache.
        for (var round = -1; round < rounds; round++)
        {
            foreach (var contender in StormRounds.Rotated(compared, round + 1))
            {
                var elapsed = await OnceAsync(contender, programs, scratch, token);
                if (round >= 0)
                {
                    millis[contender.Name].Add(elapsed);
                }
            }
        }

        return [.. compared.Select(c => Row(c.Name, Statistics.Median(millis[c.Name])))];
    }

    private static Figure Row(string contender, double median)
    {
        var title = $"start to the workload's main, {contender} (median)";
        var value = string.Create(CultureInfo.InvariantCulture, $"{median:F1} ms");
        return contender == Contender.Follow
            ? new(title, value, "≤ 10 ms", Goals.Verdict(median <= 10))
            : new(title, value);
    }

    /// <summary>Milliseconds.</summary>
    private static async Task<double> OnceAsync(
        Contender contender, NativePrograms programs, Scratch scratch, CancellationToken token)
    {
        var results = scratch.NewPath();
        try
        {
            using var process = Subprocess.Start(contender.Wrap(new(programs.Stamp), results), token);
            var said = await process.FinishAsync();
            return long.TryParse(said, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var main)
                ? (main - Machine.Nanoseconds(process.StartedAt)) / 1e6
                : throw new BenchException($"standard output should be one time stamp, but is '{said.Trim()}'");
        }
        catch (BenchException e)
        {
            throw new BenchException($"start-up, {contender.Name}: {e.Message}");
        }
        finally
        {
            Scratch.Remove(results);
        }
    }
}
