using System.Globalization;

namespace ForkFollow.Bench;

/// <summary>
/// Runs a storm under every contender in rounds. Interleaved, since a machine's speed drifts with its load and heat:
/// whole blocks of one contender would compare two moments. The order rotates, so that none has always the same place.
/// </summary>
internal static class StormRounds
{
    public static async Task<StormResult> RunAsync(
        Storm storm,
        IReadOnlyList<Contender> contenders,
        int rounds,
        NativePrograms programs,
        Scratch scratch,
        CancellationToken token)
    {
        var micros = contenders.ToDictionary(c => c.Name, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contender in Rotated(contenders, round))
            {
                var said = await contender.RunAsync(storm.Command(programs), scratch, token);
                micros[contender.Name].Add(Figure(contender.Name, said));
            }
        }

        return new(storm, micros);
    }

    public static IEnumerable<Contender> Rotated(IReadOnlyList<Contender> contenders, int round) =>
        Enumerable.Range(0, contenders.Count).Select(i => contenders[(round + i) % contenders.Count]);

    /// <summary>The storm's one line. More than that means that a tracer wrote where only its workload may.</summary>
    private static double Figure(string contender, string said) =>
        double.TryParse(said.TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var micros)
        && micros > 0
            ? micros
            : throw new BenchException(
                $"{contender}: standard output should be the storm's one figure, but is '{said.Trim()}'");
}
