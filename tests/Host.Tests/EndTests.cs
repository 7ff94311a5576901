using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>How a run is ended by signals: what is one wish, what is a second, and what the user is told.</summary>
public sealed class EndTests : IDisposable
{
    /// <summary>Says that it is there, and goes on whatever it is told: what is ignored stays so in sleep.</summary>
    private const string Deaf = "trap '' TERM INT; echo ready; exec sleep 100";

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    /// <summary>timeout(1) sends its signal to us, and then to its whole group, which we are in.</summary>
    [SkippableTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_that_timeout_sends_twice_is_one_wish(string signal)
    {
        Machine.Need(Machine.Tool("timeout"));
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "timeout",
            ["-s", signal, "1", ForkFollowProgram.Path_, "-o", _program.Results, "--", "/bin/sh", "-c", "while :; do sleep 0.01; done"]);
        Assert.Equal(124, ended.Status);
        Assert.Contains("results in ", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("quit", ended.Errors, StringComparison.Ordinal);
        RunFile run = _program.ReadTree();

        // The last sleep may outlive the shell, and is let go then.
        Assert.All(run.Processes, process => Assert.NotEqual("alive", process.GetProperty("end").GetString()));
        Assert.True(File.Exists(Path.Combine(_program.Results, "profile.pb.gz")) || File.Exists(Path.Combine(_program.Results, "report.html")));
    }

    [SkippableFact]
    public async Task A_second_signal_a_second_later_quits_and_names_the_results()
    {
        using Process follower = _program.Start("--", "/bin/sh", "-c", Deaf);
        Assert.Equal("ready", await follower.StandardOutput.LineAsync());
        await Wait.UntilAsync(() => File.Exists(Path.Combine(_program.Results, "tree.json")), "results are written");
        Signalling.Send(follower.Id, "TERM");
        string hint = await UntilSaidAsync(follower, "the command goes on");
        Assert.Contains("again to quit, which kills it", hint, StringComparison.Ordinal);
        Signalling.Send(follower.Id, "TERM");
        Assert.Equal(
            "forkfollow: quit; the results are as they were written last: forkfollow report out",
            await UntilSaidAsync(follower, "quit; "));
        Ended ended = await ForkFollowProgram.EndAsync(follower);
        Assert.Equal(143, ended.Status);
        Ended report = await _program.RunBareAsync("report", "out");
        Assert.Equal(0, report.Status);
    }

    /// <summary>As ForkFollow under ForkFollow, or under strace -f: what is started is traced by the other from its birth.</summary>
    [SkippableFact]
    public async Task Traced_ourselves_we_say_so_and_nothing_runs()
    {
        string mark = Path.Combine(_program.Folder, "ran");
        string inner = Path.Combine(_program.Folder, "inner");
        Ended ended = await _program.RunAsync(
            "-q", "--", ForkFollowProgram.Path_, "-q", "-o", inner, "--", "/bin/sh", "-c", $"echo x >{mark}");
        Assert.Equal(2, ended.Status);
        Assert.Matches(
            @"^forkfollow: cannot follow a command: we are traced ourselves by \S+ \(process \d+\), which traces all that we start, .*; "
            + "start forkfollow without it\n$",
            ended.Errors);
        Assert.False(File.Exists(mark));
        Assert.False(Directory.Exists(inner));
    }

    [SkippableTheory]
    [InlineData("262145", "power of two")]
    [InlineData("524288", "0 to 262144")]
    [InlineData("1048576", "0 to 262144")]
    [InlineData("2147483648", "'2147483648'")]
    public async Task Rings_that_no_kernel_gives_are_refused(string pages, string line)
    {
        Ended ended = await _program.RunBareAsync("-m", pages, "--", "true");
        Assert.Equal(2, ended.Status);
        Assert.Contains(line, ended.Errors, StringComparison.Ordinal);
        Assert.Single(ended.Errors.TrimEnd('\n').Split('\n'));
    }

    [SkippableFact]
    public async Task Rings_beyond_what_a_user_may_lock_are_refused_with_the_limits()
    {
        Machine.Need(Machine.Root("to become an ordinary user"), Machine.Tool("setpriv"), Machine.Tool("prlimit"), Machine.UserEvents);
        File.SetUnixFileMode(_program.Folder, (UnixFileMode)0x1FF);
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "prlimit",
            ["--memlock=65536", "setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", ForkFollowProgram.Path_, "-m", "1024", "--", "true"],
            _program.Folder);
        Assert.Equal(2, ended.Status);
        Assert.Matches(@"^forkfollow: rings of 1024 pages .* KiB of locked memory.*kernel\.perf_event_mlock_kb.*64 KiB besides \(ulimit -l\).*CAP_IPC_LOCK", ended.Errors);
        Assert.Single(ended.Errors.TrimEnd('\n').Split('\n'));
    }

    private static async Task<string> UntilSaidAsync(Process process, string text)
    {
        string? line;
        do
            line = await process.StandardError.LineAsync();
        while (line?.Contains(text, StringComparison.Ordinal) == false);
        return line ?? throw new InvalidOperationException($"never said: {text}");
    }
}
