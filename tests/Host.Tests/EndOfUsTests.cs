using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>
/// We end at any moment of a storm of signals, stops and forks, by SIGKILL or by SIGTERM: nobody is harmed who is to live on, no
/// signal is lost or comes twice or out of order, and nobody lives on who is to end with us. FORKFOLLOW_ROUNDS: how often each [3].
/// </summary>
public sealed class EndOfUsTests : IDisposable
{
    private static readonly int _rounds = int.Parse(Environment.GetEnvironmentVariable("FORKFOLLOW_ROUNDS") ?? "3");

    private readonly ForkFollowProgram _program = new();
    private readonly Random _random = new(11);
    private readonly string _load;

    public EndOfUsTests()
    {
        _load = Path.Combine(_program.Folder, "load");
        File.Copy(Path.Combine(Metadata.Of("TraceeFolder"), "signals"), _load); // by its path its processes are known
    }

    public void Dispose() => _program.Dispose();

    [SkippableTheory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task Who_was_attached_to_lives_on_unharmed(string signal)
    {
        for (int i = 0; i < _rounds; i++)
        {
            using Process load = ForkFollowProgram.Start(_load, ["load", "stops"]);
            Assert.Equal("ready", await load.StandardOutput.LineAsync());
            using Process us = ForkFollowProgram.Start(
                ForkFollowProgram.Path_, ["-q", "--force", "-o", _program.Results, "-p", $"{load.Id}"]);
            await Proc.UntilFollowedAsync(load.Id);
            int status = await EndAsync(us, signal);
            Assert.Equal(signal == "KILL" ? 137 : 0, status);
            await AssertUnharmedAsync(load, i);
            Assert.Equal(0, load.ExitCode);
        }
    }

    [SkippableFact]
    public async Task What_was_launched_to_live_on_does_so_unharmed_when_we_are_killed()
    {
        for (int i = 0; i < _rounds; i++)
        {
            using Process us = ForkFollowProgram.Start(
                ForkFollowProgram.Path_, ["-q", "--force", "-o", _program.Results, "--on-exit", "detach", "--", _load, "load", "stops"]);
            Assert.Equal("ready", await us.StandardOutput.LineAsync());
            await EndAsync(us, "KILL");
            await AssertUnharmedAsync(us, i);
        }
    }

    [SkippableTheory]
    [InlineData("KILL", 137)]
    [InlineData("TERM", 143)]
    public async Task What_was_launched_ends_with_us(string signal, int expected)
    {
        for (int i = 0; i < _rounds; i++)
        {
            using Process us = ForkFollowProgram.Start(
                ForkFollowProgram.Path_, ["-q", "--force", "-o", _program.Results, "--", _load, "load", "stops"]);
            Assert.Equal("ready", await us.StandardOutput.LineAsync());
            Assert.Equal(expected, await EndAsync(us, signal));
            await Wait.UntilAsync(() => Living().Count == 0, $"all of the command have ended with us (round {i}): {string.Join(' ', Living())}");
            if (signal == "TERM")
                Assert.All(_program.ReadTree().Processes, process => Assert.NotEqual("alive", process.GetProperty("end").GetString()));
        }
    }

    private async Task<int> EndAsync(Process us, string signal)
    {
        await Task.Delay(_random.Next(60));
        Signalling.Send(us.Id, signal);
        await us.EndedAsync();
        return us.ExitCode;
    }

    /// <summary>Nobody is traced, all run, and the sums are right.</summary>
    private async Task AssertUnharmedAsync(Process load, int round)
    {
        foreach (int pid in Living())
            Assert.True(Proc.TracerPid(pid) is 0 or -1, $"round {round}: {pid} is still traced");
        await load.StandardInput.WriteLineAsync("go");
        Assert.Equal("lost 0 disorder 0", await load.StandardOutput.LineAsync());
        await load.EndedAsync();
        await Wait.UntilAsync(() => Living().Count == 0, $"all of the load have ended (round {round})");
    }

    private List<int> Living()
    {
        var living = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out int pid) && Proc.Executable(pid) == _load)
                living.Add(pid);
        }

        return living;
    }
}
