namespace ForkFollow.Bench;

/// <summary>Microseconds per operation in one storm: for each contender one figure a round, in their order.</summary>
internal sealed record StormResult(Storm Storm, IReadOnlyDictionary<string, List<double>> Micros)
{
    public double? Median(string contender) =>
        Micros.TryGetValue(contender, out var figures) ? Statistics.Median(figures) : null;

    /// <summary>
    /// Ratio of the medians, and the quartiles of the ratios round by round; null if one of the two did not run.
    /// Both ran in each round within seconds of each other, so the quartiles show what of the ratio is noise.
    /// </summary>
    public Ratio? Ratio(string above, string below)
    {
        if (!Micros.TryGetValue(above, out var a) || !Micros.TryGetValue(below, out var b))
        {
            return null;
        }

        double[] pairs = [.. a.Zip(b, (x, y) => x / y)];
        return new(
            Statistics.Median(a) / Statistics.Median(b),
            Statistics.Quantile(pairs, 0.25),
            Statistics.Quantile(pairs, 0.75));
    }
}

/// <summary>A ratio with the quartiles of its rounds.</summary>
internal readonly record struct Ratio(double OfMedians, double LowerQuartile, double UpperQuartile);
