using System.Diagnostics;
using System.Text.Json;

namespace ForkFollow.Host.Tests;

/// <summary>forkfollow -- COMMAND, as a user runs it.</summary>
public sealed class LaunchTests : IDisposable
{
    private const string Pipelines =
        "set -e; seq 1000 | sort -rn | head -3; (cd /; ls | wc -l >/dev/null); for i in 1 2 3; do /bin/echo $i | cat; done; "
        + "x=$(printf abc | tr a-c x-z); echo $x >&2; false || exit 7";

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task A_script_writes_and_exits_as_without_us()
    {
        Ended without = await ForkFollowProgram.RunAnyAsync("/bin/sh", ["-c", Pipelines]);
        Ended with = await _program.RunAsync("-q", "--", "/bin/sh", "-c", Pipelines);
        Assert.Equal(without, with);
    }

    [SkippableTheory]
    [InlineData(Pipelines)]
    [InlineData("i=0; while [ $i -lt 300 ]; do (:) & i=$((i+1)); done; wait")]
    [InlineData("for i in 1 2 3 4 5 6 7 8; do (for j in 1 2 3 4 5 6 7 8; do (/bin/true) & done; wait) & done; wait")]
    [InlineData("seq 60 | xargs -P4 -n1 sh -c ': $0'")]
    public async Task The_tree_has_every_process_and_exec_that_the_kernel_saw(string script)
    {
        Machine.Need(KernelWitness.Missing);
        using var witness = new KernelWitness();
        await _program.RunAsync("-q", "--", "/bin/sh", "-c", script);
        RunFile run = _program.ReadTree();
        (int births, int execs) = witness.Count(run.Processes[0].GetProperty("pid").GetInt32());
        Assert.Equal(births + 1, run.Processes.Count);
        Assert.Equal(execs, run.Execs);
        Assert.All(run.Processes, process => Assert.Equal("exited", process.GetProperty("end").GetString()));
        Assert.Empty(run.Ledger);
    }

    [SkippableFact]
    public async Task The_environment_is_as_without_us()
    {
        Ended without = await ForkFollowProgram.RunAnyAsync("/usr/bin/env", ["-i", "A=b", "/usr/bin/env"]);
        Ended with = await ForkFollowProgram.RunAnyAsync(
            "/usr/bin/env", ["-i", "A=b", $"DOTNET_ROOT={DotnetRoot}", ForkFollowProgram.Path_, "-q", "-o", _program.Results, "--", "/usr/bin/env"]);
        Assert.Equal(without.Output + $"DOTNET_ROOT={DotnetRoot}\n", with.Output);
    }

    [SkippableTheory]
    [InlineData("exit 3", 3)]
    [InlineData("kill -TERM $$", 143)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData(":", 0)]
    public async Task The_exit_status_is_the_commands(string script, int status)
    {
        Ended ended = await _program.RunAsync("-q", "--", "/bin/sh", "-c", script);
        Assert.Equal(new Ended(status, "", ""), ended);
    }

    [SkippableFact]
    public async Task Options_behind_the_separator_are_the_commands()
    {
        Ended ended = await _program.RunAsync("-q", "--", "/bin/echo", "-o", "--", "--help", "@file", "-p", "1");
        Assert.Equal("-o -- --help @file -p 1\n", ended.Output);
    }

    [SkippableFact]
    public async Task A_report_goes_to_standard_error_and_only_there()
    {
        Ended ended = await _program.RunAsync("--", "/bin/sh", "-c", "/bin/echo hello; exit 4");
        Assert.Equal("hello\n", ended.Output);
        Assert.Equal(4, ended.Status);
        Assert.Contains("echo hello", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("results in out", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', ended.Errors);
    }

    [SkippableFact]
    public async Task Verbose_it_tells_every_stop()
    {
        Ended ended = await _program.RunAsync("-v", "--", "/bin/sh", "-c", "kill -USR1 $$");
        Assert.Equal(138, ended.Status);
        Assert.Contains("PTRACE_EVENT_EXEC", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("signal-delivery-stop SIGUSR1", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("killed by SIGUSR1", ended.Errors, StringComparison.Ordinal);
    }

    /// <summary>As in a chroot that has no more than /proc.</summary>
    [SkippableFact]
    public async Task Without_sys_a_command_is_followed_and_sampled()
    {
        Machine.Need(Machine.MountNamespace);
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "unshare",
            ["--mount", "/bin/sh", "-c", "umount -l /sys && exec \"$@\"", "sh", ForkFollowProgram.Path_, "-q", "-o", _program.Results, "--collect", "counters,cpu", "--", "/bin/sh", "-c", ":; exit 3"]);
        Assert.Equal(new Ended(3, "", ""), ended);
        Assert.Equal(["rusage", "counters", "cpu"], _program.ReadTree().Processes[0].GetProperty("collectors").EnumerateArray().Select(one => one.GetString()));
    }

    [SkippableFact]
    public async Task What_a_command_leaves_behind_lives_on_and_is_not_followed()
    {
        // The daemon must not hold our pipes open, or we would wait for it ourselves; it is sleep once it has executed it.
        Ended ended = await _program.RunAsync(
            "-q", "--", "/bin/sh", "-c", "sleep 60 </dev/null >/dev/null 2>&1 & echo $!; until read c </proc/$!/comm && [ $c = sleep ]; do :; done; exit 3");
        int daemon = int.Parse(ended.Output);
        try
        {
            Assert.Equal(3, ended.Status);
            Assert.True(Proc.Exists(daemon));
            Assert.Equal(0, Proc.TracerPid(daemon));
            Assert.Equal('S', Proc.State(daemon));
            Assert.Equal("detached", _program.ReadTree().Named("sleep").Single().GetProperty("end").GetString());
        }
        finally
        {
            using Process process = Process.GetProcessById(daemon);
            process.Kill();
        }
    }

    [SkippableFact]
    public async Task Until_all_it_follows_what_the_command_leaves_behind()
    {
        Ended ended = await _program.RunAsync("-q", "--until", "all", "--", "/bin/sh", "-c", "(sleep 0.3; exit 9) & exit 3");
        Assert.Equal(3, ended.Status);
        RunFile run = _program.ReadTree();
        Assert.Equal(3, run.Processes.Count);
        Assert.All(run.Processes, process => Assert.Equal("exited", process.GetProperty("end").GetString()));
        Assert.Equal(9, run.Processes[1].GetProperty("exit").GetProperty("code").GetInt32());
    }

    [SkippableFact]
    public async Task A_duration_kills_the_command()
    {
        Ended ended = await _program.RunAsync("-q", "-d", "0.3", "--", "/bin/sh", "-c", "sleep 60; :");
        Assert.Equal(137, ended.Status);
        Assert.All(
            _program.ReadTree().Processes,
            process => Assert.Equal(9, process.GetProperty("exit").GetProperty("signal").GetInt32()));
    }

    [SkippableFact]
    public async Task A_duration_lets_the_command_go_if_told_so()
    {
        Ended ended = await _program.RunAsync(
            "-q", "-d", "0.3", "--on-exit", "detach", "--", "/bin/sh", "-c", "echo $$; exec sleep 60 >/dev/null 2>&1");
        int pid = int.Parse(ended.Output);
        Assert.True(Proc.Exists(pid));
        Assert.Equal(0, Proc.TracerPid(pid));
        using Process process = Process.GetProcessById(pid);
        process.Kill();
    }

    [SkippableFact]
    public async Task Killed_itself_it_takes_the_whole_tree_along()
    {
        using Process follower = _program.Start("-q", "--", "/bin/sh", "-c", "sleep 60 & echo $! $$; wait");
        int[] pids = [.. (await follower.StandardOutput.LineAsync())!.Split(' ').Select(int.Parse)];
        follower.Kill();
        await Wait.UntilAsync(() => !pids.Any(Proc.Exists), "the tree is dead");
    }

    [SkippableFact]
    public async Task Killed_itself_it_leaves_what_was_known_until_then()
    {
        using Process follower = _program.Start("-q", "--", "/bin/sh", "-c", "/bin/true; echo; sleep 60; :");
        await follower.StandardOutput.LineAsync();
        string file = Path.Combine(_program.Results, "tree.json");
        await Wait.UntilAsync(() => File.Exists(file), "tree.json is there");
        follower.Kill();
        Assert.Equal("exited", _program.ReadTree().Named("true").Single().GetProperty("end").GetString());
    }

    [SkippableTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_to_it_alone_is_passed_on_to_the_command(string signal)
    {
        using Process follower = _program.Start(
            "-q", "--", "/bin/sh", "-c", $"trap 'echo got {signal}; exit 5' {signal}; echo ready; while :; do sleep 0.01; done");
        Assert.Equal("ready", await follower.StandardOutput.LineAsync());
        Signalling.Send(follower.Id, signal);
        Ended ended = await ForkFollowProgram.EndAsync(follower);
        Assert.Equal(new Ended(5, $"got {signal}\n", ""), ended);
    }

    private static string DotnetRoot =>
        Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? Path.GetDirectoryName(Environment.ProcessPath)!;

    [SkippableFact]
    public async Task Looks_at_proc_and_named_counters_are_in_tree_json()
    {
        Machine.Need(Machine.KernelEvents);
        Ended ended = await _program.RunAsync(
            "-q", "--collect", "procfs", "--procfs-interval", "0.01", "-e", "{cs,faults:u},task-clock", "--", "sleep", "0.2");
        Assert.Equal(new Ended(0, "", ""), ended);
        JsonElement process = Assert.Single(_program.ReadTree().Processes);
        Assert.Equal(
            ["context-switches", "page-faults:u", "task-clock"],
            process.GetProperty("counters").EnumerateObject().Select(property => property.Name).Order());
        List<JsonElement> ticks = [.. process.GetProperty("procfs").EnumerateArray()];
        Assert.InRange(ticks.Count, 3, 40);
        Assert.All(ticks, tick => Assert.Equal(
            ["atNs", "state", "rssBytes", "threads", "fds", "readBytes", "writeBytes"],
            tick.EnumerateObject().Select(property => property.Name)));
        Assert.All(ticks, tick => Assert.InRange(
            tick.GetProperty("atNs").GetInt64(),
            process.GetProperty("startNs").GetInt64(),
            process.GetProperty("endNs").GetInt64()));
    }

    /// <summary>It runs where there is nothing else; libdw is for --call-graph dwarf alone.</summary>
    [SkippableFact]
    public async Task The_native_program_loads_nothing_but_libc()
    {
        Machine.Need(ProgramUnderTest.IsNative ? null : "the program is not native (FORKFOLLOW_PROGRAM)");
        using Process follower = _program.Start("--", "/bin/sh", "-c", "echo; read line");
        await follower.StandardOutput.LineAsync();
        string[] libraries =
        [
            .. File.ReadLines($"/proc/{follower.Id}/maps").Select(line => Path.GetFileName(line[(line.LastIndexOf(' ') + 1)..]))
                .Where(name => name.Contains(".so", StringComparison.Ordinal)).Distinct(),
        ];
        await ForkFollowProgram.EndAsync(follower);
        Assert.All(libraries, name => Assert.Matches(@"\A(libc|libm|ld-linux)[-.]", name));
    }
}
