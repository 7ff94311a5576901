namespace ForkFollow.Results.Formats;

/// <summary>The result files beside tree.json and profile.data, which are always written as the run goes.</summary>
public static class ResultFormats
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ResultFormat> All { get; } =
    [
        new("html", HtmlReport.Name, HtmlReport.Write),
        new("pprof", PprofFile.Name, PprofFile.Write),
        new("folded", FoldedFile.Name, FoldedFile.Write),
        new("speedscope", SpeedscopeFile.Name, SpeedscopeFile.Write),
        new("firefox", FirefoxFile.Name, FirefoxFile.Write),
        new("timeline", TimelineFile.Name, TimelineFile.Write),
    ];

    /// <summary>Those that are written if nothing is said.</summary>
    public static IReadOnlyList<ResultFormat> Default { get; } = [.. All.Where(one => one.Format is "html" or "pprof")];

    /// <summary>Those that this build can write.</summary>
    public static IReadOnlyList<ResultFormat> Available { get; } = [.. All.Where(one => RefusalOf(one.Format) is null)];

    /// <summary>Those of these names that this build can write.</summary>
    public static IReadOnlyList<ResultFormat> Named(IReadOnlyList<string> names) =>
        [.. Available.Where(one => names.Contains(one.Format))];

    /// <summary>Why this build cannot write one of these, what, why, remedy in one line; null if it can write all.</summary>
    public static string? RefusalOf(params IReadOnlyList<string> names) => names.Contains("html") ? HtmlReport.Refusal : null;

    /// <summary>Writes files of a run. One that cannot be written is said, and the others are written.</summary>
    /// <param name="formats">What to write.</param>
    /// <param name="directory">Where.</param>
    /// <param name="run">The run.</param>
    /// <param name="say">Takes what could not be written: a line for each cause.</param>
    /// <returns>Whether all were.</returns>
    public static bool WriteAll(
        IReadOnlyList<ResultFormat> formats, ResultDirectory directory, RecordedRun run, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var lost = new List<(string File, string Why)>();
        foreach (ResultFormat format in formats)
        {
            try
            {
                directory.Write(format.File, stream => format.Write(stream, run));
            }
            catch (IOException e)
            {
                lost.Add((format.File, e.Message));
            }
        }

        foreach (IGrouping<string, string> cause in lost.GroupBy(one => one.Why, one => one.File))
        {
            say($"cannot write {string.Join(", ", cause)}: {cause.Key}; make room in {directory.Path} or the right to write there, then: "
                + $"forkfollow report {directory.Path}");
        }

        return lost.Count == 0;
    }
}
