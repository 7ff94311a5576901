
namespace ForkFollow.Follower.KernelTests;

/// <summary>A launched command is as it would be without us, and the tree begins with it.</summary>
public sealed class LaunchTests : KernelTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(255)]
    public async Task Exit_code_is_that_of_the_command(int code)
    {
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = ["sh", "-c", $"exit {code}"] });
        await CompleteAsync(session);
        AssertExit(code, session.Root!);
        Assert.Equal(code, session.Root!.Exit!.ShellStatus);
        Assert.Equal(ProcessEnd.Exited, session.Root.End);
    }

    [Theory]
    [InlineData("KILL", 9)]
    [InlineData("TERM", 15)]
    [InlineData("USR1", 10)]
    public async Task Death_by_a_signal_is_told(string name, int signal)
    {
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = ["sh", "-c", $"kill -{name} $$"] });
        await CompleteAsync(session);
        Assert.Equal(new ProcessExit(0, signal, false), session.Root!.Exit);
        Assert.Equal(128 + signal, session.Root.Exit!.ShellStatus);
    }

    [Fact]
    public async Task Command_inherits_what_it_would_without_us()
    {
        string program = Programs.PathOf("self");
        string ours = FileName("ours");
        string plain = FileName("plain");
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = [program, ours, "an argument", "", "é"] });
        await CompleteAsync(session);
        AssertExit(0, session.Root!);

        // .NET ignores SIGPIPE, and its own children inherit that.
        using Started process = Started.Begin("env", "-u", Started.Word, "--default-signal=PIPE", program, plain, "an argument", "", "é");
        await process.EndedAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(await File.ReadAllTextAsync(plain), await File.ReadAllTextAsync(ours));
    }

    [Fact]
    public async Task Tree_begins_with_the_exec_of_the_command()
    {
        FollowSession session = await LaunchAsync("births", "fork");
        FollowedProcess root = session.Root!;
        await CompleteAsync(session);

        Assert.Equal(1, root.Id);
        Assert.Equal(ProcessOrigin.Launched, root.Origin);
        Assert.Null(root.Parent);
        Assert.Equal(1, root.ThreadsSeen);
        ExecImage image = Assert.Single(root.Execs);
        Assert.Equal(Programs.PathOf("births"), image.Path);
        Assert.Equal(Command("births", "fork"), image.GetArguments());
        Assert.Equal("births", root.Comm);
        Assert.InRange(root.StartTimestamp, session.StartTimestamp, root.EndTimestamp);
        Assert.Equal(root.StartTimestamp, image.Timestamp);

        Assert.Equal(2, session.Figures.Births);
        Assert.Equal(1, session.Figures.Execs);
        FollowedProcess child = Seen.Of(Call.Born)[1];
        Assert.Equal(2, child.Id);
        Assert.Same(root, child.Parent);
        Assert.Empty(child.Execs);
        Assert.Equal(
            [Call.Born, Call.Execed, Call.Exiting, Call.Exited, Call.Released],
            Seen.Events.Where(one => one.Process == root).Select(one => one.Call));
        Assert.Equal(
            [Call.Born, Call.Exited, Call.Released],
            Seen.Events.Where(one => one.Process == child).Select(one => one.Call));
    }

    [Fact]
    public async Task Command_runs_and_is_traced_when_the_launch_has_returned()
    {
        FollowSession session = await LaunchAsync("zombies");
        int child = int.Parse(await Pipes.Output.NextAsync(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(child, (await Seen.WaitAsync(Call.Born, child)).Process!.Pid);
        Assert.NotEqual(0, Proc.TracerOf(session.Root!.Pid));
        Pipes.Send("go");
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
    }

    [Theory]
    [InlineData("no-such-command-anywhere")]
    [InlineData("/no/such/command")]
    [InlineData("/etc/passwd/command")]
    [InlineData("")]
    public async Task Command_that_does_not_exist_is_not_found(string command)
    {
        FollowException e = await Refused(command);
        Assert.Equal(FollowFailure.CommandNotFound, e.Failure);
        Assert.Contains(command, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Script_with_an_interpreter_that_does_not_exist_is_not_found()
    {
        string script = await Script("#!/no/such/interpreter\nexit 1\n");
        Assert.Equal(FollowFailure.CommandNotFound, (await Refused(script)).Failure);
    }

    [Fact]
    public async Task Directory_cannot_be_executed() =>
        Assert.Equal(FollowFailure.CommandNotExecutable, (await Refused("/tmp")).Failure);

    [Fact]
    public async Task File_without_the_permission_cannot_be_executed()
    {
        string script = await Script("#!/bin/sh\nexit 1\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead);
        FollowException e = await Refused(script);
        Assert.Equal(FollowFailure.CommandNotExecutable, e.Failure);
        Assert.Contains(script, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Script_runs_with_the_interpreter_that_it_names()
    {
        string script = await Script("#!/bin/sh -e\necho \"$0 $*\" > \"$1\"\nexit 4\n");
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = [script, FileName("out"), "b c"] });
        await CompleteAsync(session);
        AssertExit(4, session.Root!);
        Assert.Equal($"{script} {FileName("out")} b c\n", await File.ReadAllTextAsync(FileName("out")));
        Assert.Equal(["/bin/sh", "-e", script, FileName("out"), "b c"], Assert.Single(session.Root!.Execs).GetArguments());
    }

    [Fact]
    public async Task Script_without_an_interpreter_line_runs_with_sh()
    {
        string script = await Script("echo \"$0 $*\" > \"$1\"\nexit 5\n");
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = [script, FileName("out"), "b c"] });
        await CompleteAsync(session);
        AssertExit(5, session.Root!);
        Assert.Equal($"{script} {FileName("out")} b c\n", await File.ReadAllTextAsync(FileName("out")));
        Assert.Equal(1, session.Root!.Id);
        Assert.Equal(["sh", script, FileName("out"), "b c"], Assert.Single(session.Root.Execs).GetArguments());
        Assert.Single(Seen.Of(Call.Born));
    }

    [Fact]
    public async Task Command_is_found_in_the_path()
    {
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = ["true"] });
        await CompleteAsync(session);
        AssertExit(0, session.Root!);
        Assert.EndsWith("/true", session.Root!.Execs[0].Path.Replace("coreutils", "true", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(["true"], session.Root.Execs[0].GetArguments());
    }

    [Fact]
    public async Task Many_launches_leave_neither_threads_nor_files_nor_children_behind()
    {
        await LaunchTrueAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int files = Directory.GetFiles("/proc/self/fd").Length;
        for (int i = 0; i < 20; i++)
            await LaunchTrueAsync();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        await Deadline.Until(() => Directory.GetFiles("/proc/self/fd").Length <= files, "no more open files than before");
        Assert.DoesNotContain(Proc.Children(Environment.ProcessId), child => Proc.Status(child, "Name") == "true");
        await Deadline.Until(
            () => !Proc.Threads(Environment.ProcessId)
                .Any(tid => Proc.Status(tid, "Name").Contains("tracer", StringComparison.Ordinal)
                    || Proc.Status(tid, "Name").Contains("launch gate", StringComparison.Ordinal)),
            "no thread of a session is left");
    }

    private async Task LaunchTrueAsync()
    {
        FollowSession session = await LaunchAsync(new LaunchOptions { Command = ["true"] });
        await Deadline.Of(session.Completion, "the end of true");
        AssertExit(0, session.Root!);
    }

    private Task<FollowException> Refused(string command) => Assert.ThrowsAsync<FollowException>(
        () => Deadline.Of(FollowSession.LaunchAsync(new() { Command = [command] }, Seen), "the refusal"));

    private async Task<string> Script(string text)
    {
        string script = FileName("script");
        await File.WriteAllTextAsync(script, text);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }
}
