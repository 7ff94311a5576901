using ForkFollow.Collectors.Formats;
using ForkFollow.Collectors.Recording;

namespace ForkFollow.Host;

/// <summary>A file that a run can be written as.</summary>
/// <param name="Format">Its name for <c>--format</c>.</param>
/// <param name="File">The file's name.</param>
/// <param name="Write">Writes it.</param>
internal sealed record ResultFormat(string Format, string File, Action<Stream, RecordedRun> Write);

/// <summary>The result files beside tree.json and profile.data, which are always written as the run goes.</summary>
internal static class ResultFormats
{
    /// <summary>All of them.</summary>
    internal static IReadOnlyList<ResultFormat> All { get; } =
    [
        new("html", HtmlReport.Name, HtmlReport.Write),
        new("pprof", PprofFile.Name, PprofFile.Write),
        new("folded", FoldedFile.Name, FoldedFile.Write),
        new("speedscope", SpeedscopeFile.Name, SpeedscopeFile.Write),
        new("firefox", FirefoxFile.Name, FirefoxFile.Write),
        new("timeline", TimelineFile.Name, TimelineFile.Write),
    ];

    /// <summary>Those that are written if nothing is said.</summary>
    internal static IReadOnlyList<ResultFormat> Default { get; } = [.. All.Where(one => one.Format is "html" or "pprof")];

    /// <summary>The formats of <c>--format</c>; the default ones for null.</summary>
    /// <exception cref="StartUpException">There is no such format.</exception>
    internal static IReadOnlyList<ResultFormat> Parse(string[]? values)
    {
        if (values is null or [])
            return Default;
        string[] names = [.. values.SelectMany(value => value.Split(',')).Distinct()];
        if (names is ["none"])
            return [];
        if (names is ["all"])
            return All;
        return
        [
            .. names.Select(name => All.FirstOrDefault(one => one.Format == name)
                ?? throw new StartUpException(
                    $"there is no format '{SafeText.Escape(name)}'; --format takes "
                    + $"{string.Join(", ", All.Select(one => one.Format))}, all or none")),
        ];
    }

    /// <summary>Writes files of a run. One that cannot be written is said, and the others are written.</summary>
    /// <returns>Whether all were.</returns>
    internal static bool WriteAll(IReadOnlyList<ResultFormat> formats, string directory, RecordedRun run)
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
                StandardError.Say($"cannot write {format.File}: {e.Message}; free space in {directory}, then: forkfollow report");
                all = false;
            }
        }

        return all;
    }
}
