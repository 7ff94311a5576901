using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ForkFollow.Host.Tests;

/// <summary>The figures of a small build: against strace's of the same build, and against each other.</summary>
public sealed class BuildFiguresTests
{
    private const string Build = "for i in 1 2 3 4; do cc -O2 -c f$i.c -o f$i.o || exit 1; done; ar rc libf.a f1.o f2.o f3.o f4.o";

    /// <summary>Where address space is random, a heap grows by one call more or less.</summary>
    private static readonly string[] _random = ["brk", "getrandom", "futex"];

    [SkippableFact]
    public async Task System_calls_and_their_errors_are_those_that_strace_counts()
    {
        Machine.Need(Machine.Tool("strace"), Machine.Tool("cc"), Machine.Tool("ar"), Machine.Tracepoints);
        using var program = new ForkFollowProgram();
        WriteSources(program);
        string[] command = ["sh", "-c", Build];

        // We run in .NET, which ignores SIGPIPE, and so do its children: gcc asks for one signal less where it is ignored.
        string[] alike = ["--default-signal=PIPE"];
        Ended traced = await ForkFollowProgram.RunAnyAsync("env", [.. alike, "strace", "-f", "-c", "-o", "counts", .. command], program.Folder);
        Assert.Equal(0, traced.Status);
        foreach (string made in (string[])["f1.o", "f2.o", "f3.o", "f4.o", "libf.a"])
            File.Delete(Path.Combine(program.Folder, made)); // ar takes other steps where there is an archive

        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "env",
            [
                .. alike, ForkFollowProgram.Path_, "-o", program.Results, "--collect", "syscalls", "-m", "4096", "--format", "none", "--",
                .. command,
            ],
            program.Folder);

        Assert.Equal(0, ended.Status);
        Assert.Empty(program.ReadTree().Ledger);
        Dictionary<string, (long, long)> witness = Known(File.ReadLines(Path.Combine(program.Folder, "counts")).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length is 5 or 6 && words[^1] != "total" && char.IsAsciiDigit(words[3][0]))
            .Select(words => (words[^1], Number(words[3]), words.Length == 6 ? Number(words[4]) : 0)));
        Dictionary<string, (long, long)> ours = Known(program.ReadTree().Processes.SelectMany(process => process.GetProperty("syscalls").EnumerateArray())
            .Select(call => (call.GetProperty("name").GetString()!, call.GetProperty("count").GetInt64(), call.GetProperty("errors").GetInt64())));
        Assert.True(ours.Count > 20);
        Assert.Equal(witness.OrderBy(one => one.Key), ours.OrderBy(one => one.Key));
    }

    /// <summary>The quantiles of each process are those of its durations, and each call that was timed has one.</summary>
    [SkippableFact]
    public async Task Durations_of_system_calls_add_up()
    {
        Machine.Need(Machine.Tool("cc"), Machine.Tool("ar"), Machine.Tracepoints);
        using var program = new ForkFollowProgram();
        WriteSources(program);
        Ended ended = await program.RunAsync("--collect", "syscalls", "-m", "4096", "--format", "none", "--", "sh", "-c", Build);

        Assert.Equal(0, ended.Status);
        foreach (JsonElement call in program.ReadTree().Processes.SelectMany(process => process.GetProperty("syscalls").EnumerateArray()))
        {
            long[] pairs = [.. call.GetProperty("latency").EnumerateArray().Select(one => one.GetInt64())];
            (long UpTo, long Count)[] durations = [.. pairs.Chunk(2).Select(pair => (pair[0], pair[1]))];
            long timed = durations.Sum(one => one.Count);
            long count = call.GetProperty("count").GetInt64();
            Assert.InRange(timed, call.GetProperty("name").GetString() == "execve" ? count - 1 : count, count); // the first exec began before us
            long max = call.GetProperty("maxNs").GetInt64();
            foreach ((string key, double part) in (ReadOnlySpan<(string, double)>)[("p50Ns", 0.5), ("p99Ns", 0.99)])
            {
                long rank = (long)Math.Ceiling(part * timed);
                long below = 0;
                long quantile = durations.FirstOrDefault(one => (below += one.Count) >= rank && below > 0).UpTo;
                Assert.Equal(Math.Min(quantile, max), call.GetProperty(key).GetInt64());
            }
        }
    }

    [SkippableFact]
    public async Task Samples_are_one_figure_and_stand_for_the_cpu_time()
    {
        Machine.Need(Machine.Tool("cc"), Machine.Tool("ar"), Machine.Root("to sample what uses less than a period"));
        using var program = new ForkFollowProgram();
        WriteSources(program);
        Ended ended = await program.RunAsync("--collect", "cpu,offcpu", "-F", "997", "-m", "4096", "--format", "folded", "--", "sh", "-c", Build);

        Assert.Equal(0, ended.Status);
        long told = Number(Regex.Match(ended.Errors, "at 997 Hz, ([0-9,]+) samples").Groups[1].Value);
        long folded = File.ReadLines(Path.Combine(program.Results, "profile.folded")).Sum(line => Number(line[(line.LastIndexOf(' ') + 1)..]));
        Assert.Equal(told, folded);
        IReadOnlyList<JsonElement> processes = program.ReadTree().Processes;
        long waits = processes.Sum(process => process.GetProperty("waits").GetProperty("count").GetInt64());
        Assert.Equal(told + waits, processes.Sum(process => process.GetProperty("samples").GetInt64())); // of all kinds
        double used = processes.Sum(process => process.GetProperty("rusage").GetProperty("userNs").GetInt64() + process.GetProperty("rusage").GetProperty("systemNs").GetInt64()) / 1e9;
        Assert.InRange(told / 997.0, used * 0.75, (used * 1.25) + 0.05);
    }

    private static Dictionary<string, (long Count, long Errors)> Known(IEnumerable<(string Name, long Count, long Errors)> calls) =>
        calls.Where(call => !_random.Contains(call.Name)).GroupBy(call => call.Name).ToDictionary(
            group => group.Key, group => (group.Sum(call => call.Count), group.Sum(call => call.Errors)));

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static void WriteSources(ForkFollowProgram program)
    {
        for (int i = 1; i <= 4; i++)
        {
            File.WriteAllLines(
                Path.Combine(program.Folder, $"f{i}.c"),
                Enumerable.Range(0, 60).Select(k => $"double f{i}_{k}(double x, int n) {{ for (int j = 0; j < n; j++) x = x * {k + 1} + (j % 7 == 3 ? j : x / {i}); return x; }}"));
        }
    }
}
