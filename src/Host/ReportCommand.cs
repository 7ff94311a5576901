using ForkFollow.Results;
using ForkFollow.Results.Formats;
using ForkFollow.Service;

namespace ForkFollow.Host;

/// <summary>
/// <c>forkfollow report DIR</c>: makes the result files anew of what was collected, and shows the report. What is damaged is left out
/// and said; the rest is shown.
/// </summary>
internal static class ReportCommand
{
    /// <summary>Runs it. Returns the exit status.</summary>
    /// <exception cref="StartUpException">The directory holds no run, or it cannot be read.</exception>
    internal static int Run(string path, IReadOnlyList<string> formats, bool quiet, bool verbose)
    {
        using ResultDirectory directory = Open(path);
        RecordedRun run = Read(directory);
        if (!quiet && ResultFormats.RefusalOf(formats) is { } lacking)
            StandardError.Say(lacking);
        bool all = ResultFormats.WriteAll(ResultFormats.Named(formats), directory, run, Say);
        if (!quiet)
            TreeReport.Write(StandardError.Writer, run, Terminal.Width, verbose);
        return all ? 0 : ExitStatus.StartUpProblem;
    }

    private static ResultDirectory Open(string path)
    {
        if (path.Length == 0)
            throw new StartUpException("the name of the directory is empty; name one that a run of forkfollow has written");
        try
        {
            return ResultDirectory.Open(path);
        }
        catch (IOException e)
        {
            throw new StartUpException([e.Message]);
        }
    }

    private static RecordedRun Read(ResultDirectory directory)
    {
        try
        {
            return RunFiles.Read(directory, Say) ?? throw new StartUpException(
                [$"there is no {TreeFile.Name} in {directory.Path}; name a directory that a run of forkfollow has written"]);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new StartUpException([e.Message]);
        }
    }

    private static void Say(string line) => StandardError.Say(SafeText.Escape(line));
}
