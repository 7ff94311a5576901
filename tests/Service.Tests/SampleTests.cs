using System.Diagnostics;
using System.Text.RegularExpressions;
using ForkFollow.Results;

namespace ForkFollow.Service.Tests;

/// <summary>samples/Lifetimes, built by this project: the library as a user of it has it.</summary>
public sealed class SampleTests : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Its_collector_and_its_observer_see_each_process_of_a_command()
    {
        using Started sample = Start("/bin/sh", "-c", "/bin/true; /bin/true; (:); exit 3");
        string output = await EndAsync(sample);
        Assert.Equal(3, sample.ExitCode);
        string shell = Path.GetFileName(File.ResolveLinkTarget("/bin/sh", returnFinalTarget: true)?.FullName ?? "/bin/sh");
        Assert.Equal(3, Regex.Count(output, @"^\d+ executes /", RegexOptions.Multiline));
        Assert.Matches(@"(?m)^true: 2 processes, \d+\.\d ms$", output);
        Assert.Matches($@"(?m)^{Regex.Escape(shell)}: 1 processes, \d+\.\d ms$", output);
        Assert.Matches(@"(?m)^\(sh\): 1 processes, \d+\.\d ms$", output);
        Assert.True(File.Exists(Path.Combine(_folder, "out", "tree.json")));
    }

    [Fact]
    public async Task What_they_add_to_a_process_is_in_tree_json_and_in_the_report_with_v()
    {
        using Started sample = Start("/bin/sh", "-c", "/bin/true; exec /bin/true");
        await EndAsync(sample);
        RecordedProcess shell = TreeFile.Read(Path.Combine(_folder, "out", TreeFile.Name)).Processes[0];
        Dictionary<string, ResultValue> values = shell.Values!.ToDictionary(value => value.Name);
        Assert.Equal("s", values["lifetimes.lifetime"].Unit);
        Assert.Equal((shell.EndNs!.Value - shell.StartNs) / 1e9, values["lifetimes.lifetime"].Value.Number!.Value, 9);
        Assert.Equal(new("lifetimes.survivors", 0, "{process}"), values["lifetimes.survivors"]);
        ResultTable programs = Assert.Single(shell.Tables!);
        Assert.Equal("lifetimes.programs", programs.Name);
        Assert.Equal(shell.Execs.Select(exec => Path.GetFileName(exec.Path)), programs.Rows.Select(row => row[0].Text).Where(name => name != "(fork)"));
        Assert.Equal(values["lifetimes.lifetime"].Value.Number!.Value, programs.Rows.Sum(row => row[1].Number!.Value), 9);

        using Started report = Started.Begin(new ProcessStartInfo(ProgramUnderTest.Location, ["report", "out", "--format", "none", "-v"])
        {
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        });
        using var limit = new CancellationTokenSource(_deadline);
        string shown = await report.StandardError.ReadToEndAsync(limit.Token);
        await report.EndedAsync(limit.Token);
        Assert.Matches(@"(?m)^  lifetimes\.lifetime +\d", shown);
        Assert.Matches(@"(?m)^  lifetimes\.survivors +0 process$", shown);
        Assert.Matches(@"(?m)^    PROGRAM +TIME$", shown);
    }

    [SkippableFact]
    public async Task It_follows_targets_of_the_configuration_in_each_of_their_lives()
    {
        // A program of a name that nobody else has.
        string program = Path.Combine(_folder, "ff-sample-target");
        File.Copy(File.ResolveLinkTarget("/bin/sleep", returnFinalTarget: true)?.FullName ?? "/bin/sleep", program);
        using Started sample = Start();
        Assert.NotEqual(await LiveAsync(program), await LiveAsync(program));
        Signalling.Send(sample.Id, "TERM");
        string output = await EndAsync(sample);
        Assert.Equal(0, sample.ExitCode);
        Assert.Matches(@"(?m)^ff-sample-target: 2 processes", output);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(_folder, "out"), "target-*").Length);
    }

    /// <summary>One life of the target: it ends when it is followed.</summary>
    private static async Task<int> LiveAsync(string program)
    {
        Machine.Need(Machine.Attach);
        using Started target = Started.Begin(program, "60");
        using var limit = new CancellationTokenSource(_deadline);
        while (TracerOf(target.Id) == 0)
            await Task.Delay(5, limit.Token);
        target.Kill();
        await target.EndedAsync(limit.Token);
        return target.Id;
    }

    private static int TracerOf(int pid)
    {
        try
        {
            string line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("TracerPid:", StringComparison.Ordinal));
            return int.Parse(line[10..]);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return 0;
        }
    }

    private Started Start(params string[] command)
    {
        var start = new ProcessStartInfo(Places.Sample, command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        start.Environment["FORKFOLLOW__OUTPUT"] = Path.Combine(_folder, "out");
        start.Environment["FORKFOLLOW__SCANINTERVAL"] = "0.01";
        if (command.Length == 0)
        {
            start.Environment["FORKFOLLOW__TARGETS__0__EXECUTABLE"] = "ff-sample-target";
            start.Environment["FORKFOLLOW__TARGETS__0__NAME"] = "target";
        }

        return Started.Begin(start);
    }

    private static async Task<string> EndAsync(Process process)
    {
        using var limit = new CancellationTokenSource(_deadline);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.EndedAsync(limit.Token);
            Assert.Equal("", await errors);
            return output;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException("the sample did not end");
        }
    }
}
