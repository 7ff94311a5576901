using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit.Abstractions;

namespace ForkFollow.Host.Tests;

/// <summary>
/// Every call that the program makes of libc is refused once, each from where it is made (tests/Faults/faults.c), in each way to run
/// it: no target hangs or is killed, the exit status is right, and what is lost is said in a line. With the native program
/// alone: the managed one has a runtime beneath, whose calls are not ours.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private const int TargetsStatus = 3;
    private const string Work = "/bin/true; (/bin/true); sleep 0.02; : >MARKER; exit 3";

    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    private readonly ForkFollowProgram _program = new();
    private readonly ITestOutputHelper _output;

    public FaultTests(ITestOutputHelper output) => _output = output;

    private enum Way
    {
        Launch,
        Replace,
        Attach,
        Service,
        Report,
    }

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public Task Of_a_launch() => RefuseEachAsync(Way.Launch);

    [SkippableFact]
    public Task Of_a_launch_with_all_that_is_sampled_in_place_of_old_results() => RefuseEachAsync(Way.Replace);

    [SkippableFact]
    public Task Of_an_attach() => RefuseEachAsync(Way.Attach);

    [SkippableFact]
    public Task Of_a_service() => RefuseEachAsync(Way.Service);

    [SkippableFact]
    public Task Of_a_report() => RefuseEachAsync(Way.Report);

    [SkippableFact]
    public async Task A_command_is_launched_where_the_kernel_does_not_tell_the_children_of_a_thread()
    {
        NeedNative();
        var faults = new Dictionary<string, string> { ["FAULT_SUFFIX"] = "/children", ["FAULT_ERRNO"] = "2" };
        foreach (Way way in (Way[])[Way.Launch, Way.Attach])
        {
            Run run = await RunAsync(way, faults);
            Assert.True(run.Complaint(way, run) is null, $"{way}: {run.Complaint(way, run)}\n{run.Errors}");
            Assert.True(run.Processes >= 4, $"{way}: {run.Processes} processes");
        }
    }

    private static void NeedNative() => Machine.Need(
        ProgramUnderTest.IsNative ? null : "the program is not native (FORKFOLLOW_PROGRAM)", Machine.Attach, Machine.Tool("setarch"));

    private async Task RefuseEachAsync(Way way)
    {
        NeedNative();
        var sites = new Dictionary<string, string>();
        Run whole = null!;
        for (int i = 0; i < 3; i++)
        {
            string list = Path.Combine(_program.Folder, $"sites{i}");
            whole = await RunAsync(way, new() { ["FAULT_SITES"] = list });
            Assert.True(whole.Complaint(way, whole) is null, $"without a fault: {whole.Complaint(way, whole)}\n{whole.Errors}");
            foreach (string[] site in File.ReadLines(list).Select(line => line.Split(' ', 2)))
                sites.TryAdd(site[0], site[1]);
        }

        // The errno of these is an answer that we act on, not a fault.
        (string Site, string Call)[] refused =
            [.. sites.Select(one => (one.Key, one.Value)).Where(one => FunctionOf(one.Value) is not ("kill" or "tgkill" or "access"))];
        var complaints = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(refused, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (one, _) =>
        {
            Run run = await RunAsync(way, new() { ["FAULT_CALL"] = one.Site, ["FAULT_ERRNO"] = $"{ErrnoOf(FunctionOf(one.Call))}" });
            if (run.Complaint(way, whole) is { } complaint)
                complaints.Add($"{one.Call} ({one.Site}): {complaint}\n{run.Errors}");
        });

        _output.WriteLine($"{way}: {refused.Length} calls refused, {complaints.Count} complaints");
        Assert.True(complaints.IsEmpty, string.Join('\n', complaints));
        Assert.InRange(refused.Length, 30, 1000);
    }

    private static string FunctionOf(string call) => call.Split(' ')[0];

    private static int ErrnoOf(string function) => function switch
    {
        "open" or "openat" or "opendir" or "pipe" or "pipe2" or "eventfd" or "epoll_create1" or "inotify_init1" or "socket" or "dup"
            or "mkfifo" => 24, // EMFILE
        "write" or "pwrite" or "pwrite64" or "writev" or "pwritev" or "ftruncate" or "ftruncate64" or "mkdir" or "mkdirat" or "rename"
            or "renameat" or "renameat2" or "fsync" => 28, // ENOSPC
        "mmap" or "posix_spawn" => 12, // ENOMEM
        "syscall" => 1, // EPERM
        _ => 5, // EIO
    };

    private async Task<Run> RunAsync(Way way, Dictionary<string, string> faults)
    {
        string folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        try
        {
            return await RunAsync(way, faults, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<Run> RunAsync(Way way, Dictionary<string, string> faults, string folder)
    {
        string marker = Path.Combine(folder, "marker");
        string results = Path.Combine(folder, "out");
        string work = Work.Replace("MARKER", marker, StringComparison.Ordinal);
        if (way is Way.Replace or Way.Report)
            CopyOldResults(results);
        Started? target = null;
        string shell = "/bin/sh";
        if (way == Way.Service)
        {
            shell = Path.Combine(folder, "target");
            File.Copy("/bin/sh", shell);
        }

        string[] arguments = way switch
        {
            Way.Launch => ["-o", results, "--", shell, "-c", work],
            Way.Replace => ["--force", "-o", results, "--collect", "counters,cpu,offcpu,syscalls,procfs", "--", shell, "-c", work],
            Way.Report => ["report", results],
            Way.Service => ["service", "--target", $"exe={shell}", "--scan-interval", "0.02", "-o", results],
            _ => ["-o", results, "-p", $"{(target = Begin(shell, $"read line; {work}")).Id}"],
        };
        var start = new ProcessStartInfo("setarch", ["-R", ForkFollowProgram.Path_, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach ((string name, string value) in faults)
            start.Environment[name] = value;
        start.Environment["FAULT_PROGRAM"] = ForkFollowProgram.Path_;
        start.Environment["LD_PRELOAD"] = Metadata.Of("FaultLibrary");

        using Started us = Started.Begin(start);
        us.StandardInput.Close();
        using var patience = new CancellationTokenSource(_limit * 2);
        Task<string> errors = us.StandardError.ReadToEndAsync(patience.Token);
        Task<string> output = us.StandardOutput.ReadToEndAsync(patience.Token);
        try
        {
            if (way == Way.Service)
            {
                await Task.Delay(60); // it watches by now, or soon
                target = Begin(shell, $"sleep 0.15; {work}");
                await target.EndedAsync();
                if (!us.HasExited)
                    Signalling.Send(us.Id, "TERM");
            }
            else if (target is not null)
            {
                await Wait.UntilAsync(() => us.HasExited || Proc.TracerPid(target.Id) > 0, "the target is followed");
                await target.StandardInput.WriteLineAsync("go");
            }

            bool hangs = false;
            using var limit = new CancellationTokenSource(_limit);
            try
            {
                await us.EndedAsync(limit.Token);
                if (target is not null)
                    await target.EndedAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                hangs = true;
                us.Kill();
                await us.EndedAsync();
            }

            await output;
            return new(
                hangs, us.ExitCode, await errors, File.Exists(marker), target is { HasExited: true } ? target.ExitCode : null,
                way == Way.Service ? Directory.Exists(results) ? Directory.GetDirectories(results).FirstOrDefault() ?? results : results : results);
        }
        finally
        {
            target?.Dispose();
        }
    }

    private static Started Begin(string shell, string script) => ForkFollowProgram.Start(shell, ["-c", script]);

    /// <summary>Made once, by a run without faults.</summary>
    private void CopyOldResults(string to)
    {
        if (!Directory.Exists(_program.Results))
        {
            Finished made = Started.RunAsync(ForkFollowProgram.Path_, "-q", "-o", _program.Results, "--", "sh", "-c", "/bin/true; /bin/true").GetAwaiter().GetResult();
            Assert.Equal(0, made.Status);
        }

        Directory.CreateDirectory(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string file in Directory.GetFiles(_program.Results))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    /// <summary>What came of a run.</summary>
    private sealed class Run
    {
        private readonly bool _hangs;
        private readonly int _status;
        private readonly bool _hasRun;
        private readonly int? _target;
        private readonly string[] _files;
        private readonly string[] _told;
        private readonly int _ledger;
        private readonly string? _damage;

        internal Run(bool hangs, int status, string errors, bool hasRun, int? target, string results)
        {
            _hangs = hangs;
            _status = status;
            Errors = errors;
            _hasRun = hasRun;
            _target = target;
            _told = [.. errors.Split('\n').Where(line => line.StartsWith("forkfollow: ", StringComparison.Ordinal))];
            _files = Directory.Exists(results) ? [.. Directory.GetFiles(results).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)] : [];
            if (!_files.Contains("tree.json"))
                return;
            try
            {
                RunFile tree = RunFile.Read(Path.Combine(results, "tree.json"));
                Processes = tree.Processes.Count;
                _ledger = tree.Ledger.Count;
            }
            catch (JsonException e)
            {
                _damage = e.Message;
            }
        }

        internal string Errors { get; }

        internal int Processes { get; }

        /// <summary>What is wrong with it; null if nothing is.</summary>
        /// <param name="way">How it was run.</param>
        /// <param name="whole">The same without a fault.</param>
        internal string? Complaint(Way way, Run whole)
        {
            int expected = way is Way.Launch or Way.Replace ? TargetsStatus : 0;
            bool launches = expected != 0;
            if (_hangs)
                return "it hangs, or its target does";
            if (_target is { } target && target != TargetsStatus)
                return string.Create(CultureInfo.InvariantCulture, $"its target ended with {target}");
            if (Errors.Contains("   at ", StringComparison.Ordinal) || Errors.Contains("nhandled", StringComparison.Ordinal) || _damage is not null)
                return $"a stack trace, or a damaged file: {_damage}";

            // 126: as a shell says that it could not execute the command.
            if (_status != expected && _status != 2 && !(launches && _status == 126))
                return $"exit status {_status}";
            if (launches && _hasRun != (_status == expected))
                return $"exit status {_status}, and the command {(_hasRun ? "has" : "has not")} run";
            if (_status != expected && _told.Length == 0)
                return "nothing was told";
            if (_files.FirstOrDefault(file => file.EndsWith(".new", StringComparison.Ordinal)) is { } left && _told.Length == 0)
                return $"{left} is left, and nothing was told";

            // Two lines are always told by a run: what its report begins with, and where the results are.
            bool lost = whole._files.Except(_files).Any() || (launches && Processes != whole.Processes);
            bool told = way == Way.Service
                ? _told.Any(line => line.Contains("cannot", StringComparison.Ordinal))
                : _told.Length > whole._told.Length;
            return _status == expected && lost && _ledger == 0 && !told
                ? $"{Processes} processes, files {string.Join(' ', _files)}: what is lost was not told"
                : null;
        }
    }
}
