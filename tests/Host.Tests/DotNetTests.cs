using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace ForkFollow.Host.Tests;

/// <summary>.NET programs of a tree: all are seen from before Main, and none is left waiting, whatever becomes of us.</summary>
public sealed class DotNetTests : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    private readonly ForkFollowProgram _program = new();

    private static string Managed { get; } = typeof(DotNetTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "StarterProgram").Value!;

    private static string Busy { get; } = typeof(DotNetTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "BusyProgram").Value!;

    private string Fifo => Path.Combine(_program.Folder, "fifo");

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task Every_runtime_of_a_tree_is_seen_from_before_Main_and_its_environment_says_0()
    {
        Machine.Need(Machine.Tool("python3"));
        string python = "import os, sys; sys.stdout.write('P 0 0 ' + os.environ['DOTNET_DefaultDiagnosticPortSuspend'] + '\\n'); "
            + "sys.stdout.flush(); sys.exit(3)";
        Ended ended = await _program.RunAsync(
            "--collect", "dotnet", "--dotnet-trace", "--", "sh", "-c", "\"$@\"; echo status $?; exit 7", "sh",
            Managed, "A", "run", "4", Managed, "B", "exit", "2", "run", "3", "python3", "-c", python,
            "run", "8", Managed, "C", "run", "4", Managed, "D", "exit", "1");

        Assert.Equal(7, ended.Status);
        AssertSeen(ended.Output, "A", "B", "C", "D");
        string[] lines = ended.Output.Split('\n');
        Assert.Contains("P 0 0 0", lines);
        Assert.Contains("status 231", lines);
    }

    [Fact]
    public async Task A_NET_program_that_executes_another_does_not_make_it_wait_and_the_ledger_says_that_it_is_not_seen()
    {
        Ended ended = await _program.RunAsync(
            "--collect", "dotnet", "--dotnet-trace", "--", Managed, "A", "exec", Managed, "B", "exec", Managed, "C", "exit", "5");

        Assert.Equal(5, ended.Status);
        Assert.Single(Directory.GetFiles(Path.Combine(_program.Results, "dotnet")));
        Assert.Contains("\nC ", ended.Output, StringComparison.Ordinal);
        Assert.Contains(_program.ReadTree().Ledger, line => line.Contains("executed by another .NET", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("DOTNET_EnableDiagnostics=0")]
    [InlineData("DOTNET_EnableDiagnostics_IPC=0")]
    [InlineData("TMPDIR=/nonexistent")]
    public async Task A_runtime_without_an_endpoint_does_not_wait(string variable)
    {
        Ended ended = await _program.RunAsync(
            "--collect", "dotnet", "--", "env", variable, Managed, "A", "run", "4", Managed, "B", "exit", "4");

        Assert.Equal(4, ended.Status);
        Assert.Equal(2, ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task A_user_s_own_value_is_left_alone()
    {
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "env",
            ["DOTNET_DefaultDiagnosticPortSuspend=00", ForkFollowProgram.Path_, "-o", _program.Results, "--collect", "dotnet", "--", Managed, "A"],
            _program.Folder);

        Assert.Equal(0, ended.Status);
        Assert.EndsWith(" 00\n", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_outlives_the_run_can_start_NET_programs()
    {
        await MakeFifoAsync();
        string file = Path.Combine(_program.Folder, "said");
        Ended ended = await _program.RunAsync(
            "--collect", "dotnet", "--", "sh", "-c", "\"$@\" >/dev/null 2>&1 </dev/null & echo started", "sh",
            Managed, "A", "read", Fifo, "run", "4", Managed, "B", "to", file);
        Assert.Equal(0, ended.Status);

        await ReleaseAsync();
        Assert.EndsWith(" 0\n", await SaidAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_on_exit_detach_programs_run_on_as_if_nothing_had_been()
    {
        await MakeFifoAsync();
        string file = Path.Combine(_program.Folder, "said");
        string begun = Path.Combine(_program.Folder, "begun");
        using Process process = _program.Start(
            "--collect", "dotnet", "--on-exit", "detach", "-d", "1", "--", Managed, "A", "to", begun, "read", Fifo, "run", "4", Managed, "B", "to", file);
        await SaidAsync(begun);
        await process.EndedAsync();

        await ReleaseAsync();
        Assert.EndsWith(" \n", await SaidAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tree_that_is_killed_at_the_end_has_its_sessions_ended_before()
    {
        await MakeFifoAsync();
        string begun = Path.Combine(_program.Folder, "begun");
        using Process process = _program.Start(
            "--collect", "dotnet", "--dotnet-trace", "-d", "3", "--", Managed, "A", "to", begun, "read", Fifo);
        string line = await SaidAsync(begun);
        await ForkFollowProgram.EndAsync(process);

        AssertSeen(line, "A");
    }

    [Fact]
    public async Task SIGKILL_of_us_leaves_nobody_behind()
    {
        await MakeFifoAsync();
        string begun = Path.Combine(_program.Folder, "begun");
        using Process process = _program.Start(
            "--collect", "dotnet", "--", Managed, "A", "to", begun, "run", "4", Managed, "B", "read", Fifo);
        int pid = int.Parse((await SaidAsync(begun)).Split(' ')[1], CultureInfo.InvariantCulture);
        process.Kill();
        await process.EndedAsync();

        await Wait.UntilAsync(() => !Directory.Exists($"/proc/{pid}"), "A to be dead");
    }

    [SkippableFact]
    public async Task An_endpoint_that_never_answers_holds_nobody_up()
    {
        Machine.Need(Machine.Tool("python3"));
        // A socket of the right name whose owner accepts and says nothing.
        string begun = Path.Combine(_program.Folder, "begun");
        const string Mute = "import os, socket, sys, time; start = open('/proc/self/stat').read().rsplit(')', 1)[1].split()[19]; "
            + "name = '/tmp/dotnet-diagnostic-%d-%s-socket' % (os.getpid(), start); s = socket.socket(socket.AF_UNIX); "
            + "s.bind(name); s.listen(8); open(sys.argv[1] + '.new', 'w').write(str(os.getpid())); "
            + "os.rename(sys.argv[1] + '.new', sys.argv[1]); keep = [s.accept() for _ in range(1)]; time.sleep(1000)";
        using Started mute = ForkFollowProgram.Start("python3", ["-c", Mute, begun]);
        try
        {
            string pid = await SaidAsync(begun);
            Ended ended = await _program.RunAsync("--collect", "dotnet", "-d", "0.5", "-p", pid);

            Assert.Equal(0, ended.Status);
            Assert.Contains("TracerPid:\t0", await File.ReadAllTextAsync($"/proc/{pid}/status"), StringComparison.Ordinal);
            Assert.False(_program.ReadTree().Processes[0].TryGetProperty("dotnet", out _));
        }
        finally
        {
            mute.Kill();
            foreach (string socket in Directory.GetFiles("/tmp", $"dotnet-diagnostic-{mute.Id}-*-socket"))
                File.Delete(socket);
        }
    }

    [Fact]
    public async Task Collections_and_exceptions_are_those_that_the_program_itself_counts()
    {
        Ended ended = await _program.RunAsync("--collect", "dotnet", "--", Busy, "now", "gc:5", "allocate:500", "throw:30");
        Dictionary<string, long> own = OwnFigures(ended.Output);
        JsonElement told = _program.ReadTree().Processes[0].GetProperty("dotnet");
        JsonElement gc = told.GetProperty("gc");

        Assert.True(own["gen0"] > 15, ended.Output);
        Assert.Equal(
            (own["gen0"], own["gen1"], own["gen2"], 30),
            (gc.GetProperty("gen0").GetInt64(), gc.GetProperty("gen1").GetInt64(), gc.GetProperty("gen2").GetInt64(),
                told.GetProperty("exceptions").GetInt64()));

        // The runtime takes its times a little inside of its events; on a busy machine it may be preempted in between.
        const long Between = 200_000;
        Assert.InRange(gc.GetProperty("pauseNs").GetInt64(), own["pauseNs"] * 0.9, (own["pauseNs"] * 1.1) + (own["gen0"] * Between));
    }

    [Fact]
    public async Task The_hot_method_is_on_top_by_name_with_its_share_of_the_CPU_time()
    {
        Ended ended = await _program.RunAsync(
            "--collect", "cpu,dotnet", "-F", "499", "--format", "folded", "--", Busy, "now", "hot:1500", "sort:700");
        JsonElement usage = _program.ReadTree().Processes[0].GetProperty("rusage");
        double truth = (double)OwnFigures(ended.Output)["hotNs"]
            / (usage.GetProperty("userNs").GetInt64() + usage.GetProperty("systemNs").GetInt64());

        (string[] Frames, long Count)[] stacks =
        [
            .. File.ReadLines(Path.Combine(_program.Results, "profile.folded")).Select(line => (
                line[..line.LastIndexOf(' ')].Split(';'), long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))),
        ];
        string top = stacks.GroupBy(one => one.Frames[^1]).MaxBy(of => of.Sum(one => one.Count))!.Key;
        Assert.StartsWith("Busy.Program.HotLoop(int32)", top, StringComparison.Ordinal);

        // What interrupts it is on top of it.
        double share = (double)stacks.Where(one => one.Frames.Contains(top)).Sum(one => one.Count) / stacks.Sum(one => one.Count);
        Assert.InRange(share, truth - 0.05, truth + 0.05);
    }

    [Fact]
    public async Task A_trace_is_asked_for_with_its_collector()
    {
        Ended ended = await _program.RunAsync("--dotnet-trace", "--", "true");
        Assert.Equal(2, ended.Status);
        Assert.Contains("add it to --collect", ended.Errors, StringComparison.Ordinal);
    }

    /// <summary>Each has said a 0, and has a trace that began before its Main and has what its static constructor threw.</summary>
    private void AssertSeen(string output, params string[] names)
    {
        string[] files = Directory.GetFiles(Path.Combine(_program.Results, "dotnet"));
        Assert.Equal(names.Length, files.Length);
        foreach (string name in names)
        {
            string[] line = output.Split('\n').Select(one => one.Split(' ')).Single(words => words[0] == name);
            Assert.Equal("0", line[3]);
            byte[] trace = files.Select(File.ReadAllBytes)
                .Single(bytes => bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes($"early-{name}.")) >= 0);
            Assert.True(BeginOf(trace) < long.Parse(line[2], CultureInfo.InvariantCulture), $"{name} was seen too late");
        }

        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    /// <summary>When a trace began, as a Stopwatch timestamp: behind its SYSTEMTIME of 16 bytes.</summary>
    private static long BeginOf(byte[] trace)
    {
        Assert.True(trace.AsSpan().StartsWith("Nettrace"u8));
        int at = trace.AsSpan().IndexOf("Trace\x06"u8) + "Trace\x06".Length;
        return BitConverter.ToInt64(trace, at + 16);
    }

    /// <summary>The last line of Busy: name=number.</summary>
    private static Dictionary<string, long> OwnFigures(string output) => output.Trim().Split('\n')[^1].Split(' ')
        .Select(word => word.Split('=')).ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));

    private async Task MakeFifoAsync() => Assert.Equal(0, (await ForkFollowProgram.RunAnyAsync("mkfifo", [Fifo])).Status);

    /// <summary>Opens and closes the FIFO; whoever reads it goes on.</summary>
    private Task ReleaseAsync() => Task.Run(() => new FileStream(Fifo, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose()).WaitAsync(_deadline);

    private static async Task<string> SaidAsync(string file)
    {
        await Wait.UntilAsync(() => File.Exists(file), file);
        return await File.ReadAllTextAsync(file);
    }
}
