namespace ForkFollow.Results.Formats;

/// <summary>A file that a run can be written as.</summary>
/// <param name="Format">Its name for <c>--format</c>.</param>
/// <param name="File">The file's name.</param>
/// <param name="Write">Writes it.</param>
public sealed record ResultFormat(string Format, string File, Action<Stream, RecordedRun> Write);

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
    /// <param name="say">Takes what could not be written, a line each.</param>
    /// <returns>Whether all were.</returns>
    public static bool WriteAll(
        IReadOnlyList<ResultFormat> formats, string directory, RecordedRun run, Action<string> say)
    {
        bool all = true;
        foreach (ResultFormat format in formats)
        {
            try
            {
                ResultFile.Write(directory, format.File, stream => format.Write(stream, run));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                say($"cannot write {format.File}: {e.Message}; free space in {directory}, then: forkfollow report");
                all = false;
            }
        }

        return all;
    }
}
