using System.Text.RegularExpressions;

namespace ForkFollow.Host.Tests;

/// <summary>forkfollow(1), which the program writes itself.</summary>
public sealed class ManPageTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData]
    [InlineData("service")]
    [InlineData("report")]
    public async Task It_has_every_option_and_command_of_help(params string[] command)
    {
        string help = (await _program.RunBareAsync([.. command, "--help"])).Output;
        string page = (await _program.RunBareAsync("[man]")).Output.Replace("\\-", "-", StringComparison.Ordinal);
        string[] words = [.. Regex.Matches(help, @"^ +(?:-., )*(--[a-z-]+|doctor|report|service)\b", RegexOptions.Multiline).Select(match => match.Groups[1].Value)];
        Assert.InRange(words.Length, 3, 100);
        Assert.All(words, word => Assert.Matches($@"(\\fB|\.SS ){word}\b", page));
    }

    [SkippableFact]
    public async Task Its_macros_have_no_fault_that_groff_finds()
    {
        Machine.Need(Machine.Tool("groff"));
        string page = Path.Combine(_program.Folder, "forkfollow.1");
        await File.WriteAllTextAsync(page, (await _program.RunBareAsync("[man]")).Output);
        Ended ended = await ForkFollowProgram.RunAnyAsync("groff", ["-K", "utf8", "-man", "-Tutf8", "-P-cbou", "-ww", page]);
        Assert.Equal((0, ""), (ended.Status, ended.Errors));
        Assert.Contains("EXIT STATUS", ended.Output, StringComparison.Ordinal);
    }
}
