namespace ForkFollow.Host.Tests;

/// <summary>Ctrl-S holds what we tell, not the command.</summary>
public sealed class FrozenTerminalTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task A_terminal_that_stands_still_does_not_hold_the_command()
    {
        string marker = Path.Combine(_program.Folder, "ended");
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            Path.Combine(Metadata.Of("TraceeFolder"), "frozen"),
            [
                marker, ForkFollowProgram.Path_, "-v", "-o", _program.Results, "--",
                "sh", "-c", $"i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done; : >{marker}; exit 7",
            ]);
        Assert.True(ended.Status == 7, $"exit {ended.Status}\n{ended.Output}");
        Assert.Equal(201, _program.ReadTree().Processes.Count);
    }
}
