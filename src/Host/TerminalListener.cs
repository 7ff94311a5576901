using ForkFollow.Collectors;
using ForkFollow.Results;
using ForkFollow.Service;

namespace ForkFollow.Host;

/// <summary>
/// Shows the one run of the command: the report at its end, and a status line while it goes on, if the terminal is ours alone
/// (docs/adr/0025).
/// </summary>
internal sealed class TerminalListener(bool quiet, bool verbose) : IRunListener
{
    private StatusLine? _status;

    public void Began(FollowedRun run)
    {
        if (!quiet && Terminal.OnStandardError && Terminal.CanErase && !IsSharedWith(run.Results))
            _status = StatusLine.Show(run.Results);
    }

    public void Followed(FollowedRun run) => _status?.Dispose();

    /// <summary>What is launched has our standard error; of what is attached to, who is there now is asked.</summary>
    private static bool IsSharedWith(RunResults run) =>
        run.Command is not null || run.RecordProcesses().Any(one => one.End == "alive" && Terminal.IsOpenIn(one.Pid));

    public void Ended(FollowedRun run, RecordedRun recorded)
    {
        if (quiet)
            return;
        TreeReport.Write(StandardError.Writer, recorded, Terminal.Width, verbose);
        if (Directory.Exists(run.Directory))
            StandardError.Say($"results in {ShownPath.Of(run.Directory)}");
    }
}
