using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ForkFollow.Host.Tests;

/// <summary>The figures of a run against an independent witness of the same run: getrusage(2) of a program in it (tests/Tracees/witness.c).</summary>
public sealed class WitnessTests : IDisposable
{
    private const double Ms = 1e6;

    private static readonly string _witness = Path.Combine(Metadata.Of("TraceeFolder"), "witness");

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task A_build_has_used_what_its_parent_has_counted()
    {
        Machine.Need(Machine.Tool("cc"), Machine.Tool("ar"), Machine.Tool("seq"), Machine.Tool("xargs"));
        const string Build = """
            set -e; cd "$1"
            for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
              echo "#include <stdio.h>
              #include <math.h>
              int f$i(int n) { printf(\"%d\", n); return n * $i; }" > $i.c
            done
            seq 12 | xargs -P2 -I% cc -O2 -c %.c
            ar rc all.a *.o
            """;
        Ended ended = await _program.RunAsync("--collect", "counters", "--", _witness, "run", "/bin/sh", "-c", Build, "build", _program.Folder);
        Assert.True(ended.Status == 0, ended.Errors);
        long[] counted = Figures(ended.Output);
        RunFile run = _program.ReadTree();
        JsonElement[] below = [.. run.Processes.Skip(1)];
        Assert.All(below, process => Assert.Equal("exited", process.GetProperty("end").GetString()));

        double cpu = (counted[0] + counted[1]) * 1000.0;
        Assert.InRange(Sum("userNs") + Sum("systemNs"), (cpu * 0.97) - (5 * Ms), (cpu * 1.03) + (5 * Ms));
        Assert.Equal(counted[2], Sum("minorFaults"));
        Assert.Equal(counted[3], Sum("majorFaults"));

        // The kernel counts our stops too, and the last switch of a process once it is reaped by its parent.
        Assert.InRange(counted[4] - Sum("voluntarySwitches") - Sum("stops"), 0, below.Length);
        Assert.InRange(counted[5] - Sum("involuntarySwitches"), 0, below.Length);
        double peak = below.Max(process => process.GetProperty("rusage").GetProperty("maxRssBytes").GetDouble());
        Assert.InRange(peak, counted[6] * 1024 * 0.95, counted[6] * 1024 * 1.05);

        double wall = counted[7] * 1000.0;
        Assert.InRange(Wall(below[0]), wall - (100 * Ms), wall);
        JsonElement tree = run.Root.GetProperty("tree");
        double whole = tree.GetProperty("endNs").GetDouble() - tree.GetProperty("startNs").GetDouble();
        Assert.InRange(whole, wall, run.Root.GetProperty("durationNs").GetDouble());
        Assert.InRange(whole, Wall(run.Processes[0]), Wall(run.Processes[0]));
        Assert.InRange((Sum("userNs") + Sum("systemNs")) / whole, 0, Environment.ProcessorCount);
        Assert.Contains($"{run.Processes.Count} processes", ended.Errors, StringComparison.Ordinal);

        double Sum(string figure) => below.Sum(process => process.GetProperty("rusage").GetProperty(figure).GetDouble());
    }

    [SkippableFact]
    public async Task A_server_that_was_attached_has_used_what_it_counts_itself_since_then()
    {
        using Started server = ForkFollowProgram.Start(
            _witness,
            ["title", "witness: a title", "burn", "1500", "touch", "3000", "sleep", "200", "fork", "10", "go", "burn", "200", "touch", "500", "sleep", "40",
                "fork", "5", "threads", "5", "go"]);
        long[] before = Figures((await server.StandardOutput.LineAsync())!);
        using Process follower = _program.Start("--collect", "counters", "-p", $"{server.Id}");
        await Proc.UntilFollowedAsync(server.Id);
        await Wait.UntilAsync(() => File.Exists(Path.Combine(_program.Results, "tree.json")), "the run has begun");
        await server.StandardInput.WriteLineAsync("go");
        long[] after = Figures((await server.StandardOutput.LineAsync())!);
        string peak = File.ReadLines($"/proc/{server.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Signalling.Send(follower.Id, "INT");
        Ended ended = await ForkFollowProgram.EndAsync(follower);
        Assert.Equal(0, ended.Status);
        await server.StandardInput.WriteLineAsync("go");
        Assert.Equal(0, (await ForkFollowProgram.EndAsync(server)).Status);

        RunFile run = _program.ReadTree();
        JsonElement process = run.Processes[0];
        JsonElement usage = process.GetProperty("rusage");
        long[] counted = [.. before.Zip(after, (one, other) => other - one)];
        double cpu = (counted[0] + counted[1]) * 1000.0;
        Assert.InRange(Of("userNs") + Of("systemNs"), cpu - (20 * Ms), cpu + (20 * Ms));
        Assert.InRange(Of("minorFaults"), counted[2] - 5, counted[2] + 60);
        Assert.InRange(Of("voluntarySwitches") + Of("stops"), counted[3] - 10, counted[3] + 10);
        Assert.InRange(Of("voluntarySwitches"), 40, 70);
        Assert.Equal(long.Parse(peak[6..^2], CultureInfo.InvariantCulture) * 1024, Of("maxRssBytes")); // since its program began
        Assert.InRange((Of("userNs") + Of("systemNs")) / Wall(process, "found"), 0, 1.01);
        Assert.Empty(process.GetProperty("execs").EnumerateArray());
        Assert.EndsWith("/witness", process.GetProperty("found").GetProperty("path").GetString(), StringComparison.Ordinal);
        Assert.Contains(", 0 execs; ", ended.Errors, StringComparison.Ordinal);
        Assert.Matches(@"\nwitness a title  +\d", ended.Errors);

        double Of(string figure) => usage.GetProperty(figure).GetDouble();
    }

    private static long[] Figures(string line) => [.. line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];

    private static double Wall(JsonElement process, string? found = null) => process.GetProperty("endNs").GetDouble()
        - (found is null ? process.GetProperty("startNs") : process.GetProperty(found).GetProperty("atNs")).GetDouble();
}
