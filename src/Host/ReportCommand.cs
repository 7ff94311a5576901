using ForkFollow.Results;
using ForkFollow.Results.Formats;
using ForkFollow.Service;

namespace ForkFollow.Host;

/// <summary><c>forkfollow report DIR</c>: makes the result files anew of what was collected, and shows the report.</summary>
internal static class ReportCommand
{
    /// <summary>Runs it. Returns the exit status.</summary>
    /// <exception cref="StartUpException">The directory holds no run, or it cannot be read or written.</exception>
    internal static int Run(string directory, IReadOnlyList<string> formats, bool quiet, bool verbose)
    {
        string path = Path.GetFullPath(directory);
        RecordedRun run = Read(path);
        if (!quiet && ResultFormats.RefusalOf(formats) is { } lacking)
            StandardError.Say(lacking);
        if (!ResultFormats.WriteAll(ResultFormats.Named(formats), path, run, line => StandardError.Say(SafeText.Escape(line))))
            return ExitStatus.StartUpProblem;
        if (!quiet)
            TreeReport.Write(StandardError.Writer, run, Terminal.Width, verbose);
        return 0;
    }

    private static RecordedRun Read(string path)
    {
        if (!File.Exists(Path.Combine(path, TreeFile.Name)))
        {
            throw new StartUpException(
                $"there is no {TreeFile.Name} in {path}; name a directory that a run of forkfollow has written");
        }

        try
        {
            RecordedRun run = TreeFile.Read(Path.Combine(path, TreeFile.Name));
            return run with { Profile = Symbolizer.Complete(RecordingReader.Read(path)) };
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new StartUpException(e.Message);
        }
    }
}
