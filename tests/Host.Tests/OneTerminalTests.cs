using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ForkFollow.Host.Tests;

/// <summary>On a terminal that a followed process has open, nothing of ours is written while it runs; docs/adr/0025.</summary>
public sealed class OneTerminalTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableTheory]
    [InlineData("%f -- sh -c 'printf half; sleep 1.5; echo -line'")]
    [InlineData("%f -- sh -c 'exec >log 2>&1; sleep 1.5'; printf 'half-line\n'")]
    [InlineData("sh -c 'printf half; sleep 1.5; echo -line' & %f -p $!; wait")]
    [InlineData("sh -c '(printf half; sleep 1.5; echo -line >/dev/tty) & exec >/dev/null 2>&1 </dev/null; wait' & %f -p $!; wait")]
    public async Task What_writes_to_it_as_well_is_not_disturbed(string line)
    {
        string shown = await ShowAsync(line);
        Assert.Contains("half-line\r\n", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("alive", shown, StringComparison.Ordinal);
        Assert.Contains("results in", shown, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("%f -p $P", "xterm", true)]
    [InlineData("%f -q -p $P", "xterm", false)]
    [InlineData("%f -p $P", "dumb", false)]
    [InlineData("set -m; %f -p $P & wait", "xterm", false)]
    public async Task A_target_elsewhere_leaves_it_to_us(string line, string term, bool shown)
    {
        using Process target = ForkFollowProgram.Start("/bin/sleep", ["2"]);
        string text = await ShowAsync($"export TERM={term} P={target.Id}; {line}");
        Assert.True(shown == Regex.IsMatch(text, @"\rforkfollow: 1 process alive, 1 seen, 0:0\d\x1b\[K"), text);
        Assert.Equal(shown, text.Contains("\r\x1b[K", StringComparison.Ordinal));
    }

    /// <summary>What a terminal is sent.</summary>
    private async Task<string> ShowAsync(string line)
    {
        Machine.Need(Machine.Tool("script"));
        line = line.Replace("%f", $"{ForkFollowProgram.Path_} --collect none -o {_program.Results}", StringComparison.Ordinal);
        string file = Path.Combine(_program.Folder, "line");
        await File.WriteAllTextAsync(file, line);
        return (await ForkFollowProgram.RunAnyAsync("script", ["-qec", $"TERM=xterm sh {file}", "/dev/null"], _program.Folder)).Output;
    }
}
