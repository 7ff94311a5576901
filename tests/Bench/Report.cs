using System.Globalization;
using System.Text;

namespace ForkFollow.Bench;

/// <summary>The results as Markdown tables: the same text for the terminal and for docs/benchmarks.md.</summary>
internal static class Report
{
    private static readonly (string Above, string Below)[] _ratios =
    [
        (Contender.Follow, Contender.Bare),
        (Contender.Profile, Contender.StraceSeccomp),
        (Contender.Counters, Contender.StraceSeccomp),
        (Contender.Follow, Contender.None),
    ];

    public static string Tables(
        IReadOnlyList<Contender> contenders, IReadOnlyList<StormResult> storms, IReadOnlyList<Figure> figures)
    {
        var text = new StringBuilder();
        if (storms.Count > 0)
        {
            Medians(text, contenders, storms);
            RatioTable(text, storms);
        }

        if (figures.Count > 0)
        {
            Section(text, "Single figures", Row("figure", "value", "goal", ""), "|---|--:|--:|---|\n");
            foreach (var figure in figures)
            {
                text.Append(Row(figure.Title, figure.Value, figure.Goal, figure.Verdict));
            }
        }

        return text.ToString();
    }

    private static void Medians(
        StringBuilder text, IReadOnlyList<Contender> contenders, IReadOnlyList<StormResult> storms)
    {
        Section(
            text,
            "Microseconds per operation (medians)",
            Row(["storm", .. contenders.Select(c => c.Name)]),
            $"|---|{string.Concat(contenders.Select(_ => "--:|"))}\n");
        foreach (var result in storms)
        {
            var cells = contenders.Select(c => Micros(result.Median(c.Name) ?? double.NaN));
            text.Append(Row([result.Storm.Title, .. cells]));
        }
    }

    private static void RatioTable(StringBuilder text, IReadOnlyList<StormResult> storms)
    {
        var rows = new StringBuilder();
        foreach (var (above, below) in _ratios)
        {
            foreach (var result in storms)
            {
                if (result.Ratio(above, below) is { } ratio)
                {
                    rows.Append(RatioRow(result.Storm, above, below, ratio));
                }
            }
        }

        if (rows.Length > 0)
        {
            Section(
                text,
                "Ratios",
                Row("ratio", "storm", "of medians", "quartiles of the rounds", "goal", ""),
                "|---|---|--:|--:|--:|---|\n");
            text.Append(rows);
        }
    }

    private static string RatioRow(Storm storm, string above, string below, Ratio ratio)
    {
        var goal = Goals.Of(storm, above, below);
        var goalText = goal is { } g ? string.Create(CultureInfo.InvariantCulture, $"≤ {g:F2}") : "";
        var verdict = goal is { } limit ? Goals.Judge(storm, ratio.OfMedians, limit) : "";
        var spread = string.Create(
            CultureInfo.InvariantCulture, $"{ratio.LowerQuartile:F2} to {ratio.UpperQuartile:F2}");
        // One digit more than the goal has: "1.05, at most 1.05, missed" would read like a fault of the table.
        var ofMedians = ratio.OfMedians.ToString("F3", CultureInfo.InvariantCulture);
        return Row($"{above} ÷ {below}", storm.Title, ofMedians, spread, goalText, verdict);
    }

    private static void Section(StringBuilder text, string heading, string columns, string rule) =>
        text.Append(text.Length > 0 ? "\n## " : "## ").Append(heading).Append("\n\n").Append(columns).Append(rule);

    private static string Row(params IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";

    private static string Micros(double value) =>
        value.ToString(value < 100 ? "F1" : "F0", CultureInfo.InvariantCulture);
}
