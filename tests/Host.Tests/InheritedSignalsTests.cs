namespace ForkFollow.Host.Tests;

/// <summary>The command ignores and blocks the signals that we were started with as ignored and blocked: all 64 of them.</summary>
public sealed class InheritedSignalsTests : IDisposable
{
    /// <summary>Sets that tell any two signals apart: all, none, and for each bit of a signal's number those that have it.</summary>
    private static readonly (string Ignored, string Blocked)[] _sets = [.. MakeSets()];

    /// <summary>
    /// What the managed build cannot know: the runtime ignores SIGPIPE for itself before any code of ours runs. The others that it
    /// takes are told by the parent, and none by a parent that has none.
    /// </summary>
    private const ulong SigPipe = 1UL << 12;

    private static readonly string _dispositions = Path.Combine(Metadata.Of("TraceeFolder"), "dispositions");

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task A_command_inherits_what_a_shell_ignores_for_it()
    {
        ulong unknown = ProgramUnderTest.IsNative ? 0 : SigPipe;
        foreach ((string ignored, string blocked) in _sets)
        {
            ulong wanted = Convert.ToUInt64(ignored, 16) & ~unknown;
            Assert.Equal(await BareAsync("under", $"{wanted:x}", blocked), await FollowedAsync("under", ignored, blocked));
        }
    }

    /// <summary>As of env --ignore-signal, nohup: who ignores it is we ourselves, and our parent does not.</summary>
    [SkippableFact]
    public async Task A_command_inherits_what_we_alone_were_made_to_ignore()
    {
        Machine.Need(
            ProgramUnderTest.IsNative ? null : "the program is not native (FORKFOLLOW_PROGRAM): a runtime has taken some signals before any code of ours");
        foreach ((string ignored, string blocked) in _sets)
            Assert.Equal(await BareAsync("set", ignored, blocked), await FollowedAsync("set", ignored, blocked));
    }

    [Fact]
    public async Task A_command_that_is_to_ignore_SIGTERM_lives_on()
    {
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "/bin/sh",
            ["-c", $"trap '' TERM HUP; '{ForkFollowProgram.Path_}' -q -o '{_program.Results}' -- sh -c 'kill -TERM $$; kill -HUP $$; echo alive'"]);
        Assert.Equal(new Ended(0, "alive\n", ""), ended);
    }

    private static async Task<string> BareAsync(string way, string ignored, string blocked) =>
        (await ForkFollowProgram.RunAnyAsync(_dispositions, [way, ignored, blocked, _dispositions, "show"])).Output;

    private async Task<string> FollowedAsync(string way, string ignored, string blocked)
    {
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            _dispositions,
            [way, ignored, blocked, ForkFollowProgram.Path_, "-q", "--format", "none", "--force", "-o", _program.Results, "--", _dispositions, "show"]);
        Assert.Equal("", ended.Errors);
        Assert.Equal(0, ended.Status);
        return ended.Output;
    }

    /// <summary>What is ignored, and what is blocked: the others, but for libc's own two (32, 33), which it lets nobody block.</summary>
    private static IEnumerable<(string Ignored, string Blocked)> MakeSets()
    {
        const ulong Blockable = ~(3UL << 31);
        ulong[] sets = [0, ulong.MaxValue, .. Enumerable.Range(0, 6).Select(bit => With(signal => (signal >> bit & 1) != 0))];
        foreach (ulong set in sets)
            yield return ($"{set:x}", $"{~set & Blockable:x}");
        yield return ($"{ulong.MaxValue:x}", $"{Blockable:x}");
        yield return ("0", "0");
    }

    private static ulong With(Func<int, bool> has) =>
        Enumerable.Range(0, 64).Where(has).Aggregate(0UL, (set, signal) => set | 1UL << signal);
}
