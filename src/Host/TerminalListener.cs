using ForkFollow.Results;
using ForkFollow.Service;

namespace ForkFollow.Host;

/// <summary>Shows the one run of the command: a status line while it goes on, the report at its end.</summary>
internal sealed class TerminalListener(bool quiet, bool verbose) : IRunListener
{
    private StatusLine? _status;

    public void Began(FollowedRun run) => _status = StatusLine.Show(run.Results, !quiet);

    public void Followed(FollowedRun run) => _status?.Dispose();

    public void Ended(FollowedRun run, RecordedRun recorded)
    {
        if (quiet)
            return;
        TreeReport.Write(StandardError.Writer, recorded, Terminal.Width, verbose);
        if (Directory.Exists(run.Directory))
            StandardError.Say($"results in {Path.GetRelativePath(Environment.CurrentDirectory, run.Directory)}");
    }
}
