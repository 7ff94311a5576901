using System.Text.Json;

namespace ForkFollow.Host.Tests;

/// <summary>
/// Fewer descriptors than it takes, from too few for a start to enough for all (prlimit): either the command is not run, and it is said
/// why, or it runs as ever, every process and every exec is in the tree with its path, and what was not collected is in the ledger.
/// </summary>
public sealed class FewDescriptorsTests : IDisposable
{
    private const int Shells = 8;

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task Births_and_execs_are_told_however_few_there_are()
    {
        Machine.Need(Machine.Tool("prlimit"));
        string script = $"i=0; while [ $i -lt {Shells} ]; do (sleep 0.2; /bin/true) & i=$((i+1)); done; wait; exit 3";
        (int first, int step, int last) = ProgramUnderTest.IsNative ? (4, 3, 100) : (130, 12, 250);
        int refused = 0;
        int degraded = 0;
        for (int limit = first; limit <= last; limit += step)
        {
            Ended ended = await RunAsync(limit, "--force", "-o", _program.Results, "--format", "pprof", "--", "/bin/sh", "-c", script);
            if (ended.Status != 3 && !File.Exists(Path.Combine(_program.Results, "tree.json")))
            {
                // The managed runtime ends in its own ways when it cannot load what it needs.
                Assert.True(ended.Status == 2 || !ProgramUnderTest.IsNative, $"{limit}: {ended}");
                Assert.NotEqual("", ended.Errors);
                refused++;
                continue;
            }

            Assert.True(ended.Status == 3, $"{limit}: {ended}");
            RunFile run = _program.ReadTree();
            Assert.Equal((2 * Shells) + 1, run.Processes.Count);
            Assert.Equal(Shells, run.Named("true").Count());
            Assert.All(run.Processes, process => Assert.NotEmpty(process.GetProperty("execs").EnumerateArray()));
            Assert.All(
                run.Processes.SelectMany(process => process.GetProperty("execs").EnumerateArray()),
                exec => Assert.NotEqual("", exec.GetProperty("path").GetString()));
            int uncounted = run.Processes.Count(process => !process.GetProperty("counters").EnumerateObject().Any());
            Assert.True(uncounted == 0 || run.Ledger.Count > 0, $"{limit}: {uncounted} have no counters, and the ledger is empty");
            degraded += uncounted > 0 ? 1 : 0;
            Directory.Delete(_program.Results, recursive: true);
        }

        if (ProgramUnderTest.IsNative)
            Assert.True(refused > 0 && degraded > 0, $"{refused} refused, {degraded} with less than all");
    }

    [SkippableFact]
    public async Task Runtimes_are_followed_however_few_there_are()
    {
        Machine.Need(Machine.Tool("prlimit"), Machine.Attach);
        int first = ProgramUnderTest.IsNative ? 20 : 180;
        for (int limit = first; limit <= first + 60; limit += 20)
        {
            using Started busy = ForkFollowProgram.Start(Metadata.Of("BusyProgram"), ["gc:5", "hot:1500", "gc:5"]);
            Assert.Equal("ready", await busy.StandardOutput.LineAsync());
            using Started us = ForkFollowProgram.Start(
                "prlimit",
                [
                    $"--nofile={limit}:{limit}", ForkFollowProgram.Path_, "--force", "-o", _program.Results, "--collect", "dotnet",
                    "--format", "pprof", "-p", $"{busy.Id}",
                ]);
            await Wait.UntilAsync(() => us.HasExited || Proc.TracerPid(busy.Id) > 0, "it is followed");
            await busy.StandardInput.WriteLineAsync();
            await busy.StandardInput.WriteLineAsync();
            Ended ofBusy = await ForkFollowProgram.EndAsync(busy);
            Ended ended = await ForkFollowProgram.EndAsync(us);
            Assert.Equal(0, ofBusy.Status);
            Assert.True(ended.Status == 0 || (ended is { Status: 2 } && ended.Errors.StartsWith("forkfollow: ", StringComparison.Ordinal)), $"{limit}: {ended}");
            if (ended.Status != 0)
                continue;
            RunFile run = _program.ReadTree();
            bool collected = run.Processes[0].TryGetProperty("dotnet", out JsonElement dotnet) && dotnet.ValueKind == JsonValueKind.Object;
            Assert.True(collected || run.Ledger.Count > 0, $"{limit}: nothing of the runtime, and the ledger is empty");
        }
    }

    private Task<Ended> RunAsync(int limit, params string[] arguments) => ForkFollowProgram.RunAnyAsync(
        "prlimit", [$"--nofile={limit}:{limit}", ForkFollowProgram.Path_, .. arguments], _program.Folder);
}
