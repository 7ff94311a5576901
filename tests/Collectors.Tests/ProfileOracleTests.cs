using System.Diagnostics;
using System.Globalization;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>The functions of a profile, against perf and against what programs are known to do.</summary>
public sealed class ProfileOracleTests
{
    private const string Frequency = "997";

    private static readonly string[] _burners = ["burn_forty", "burn_twenty", "burn_ten", "burn_five"];

    [SkippableFact]
    public async Task The_top_functions_and_their_shares_are_those_of_perf_record()
    {
        // One run, that perf records and we follow: two runs on a noisy machine spend their time differently.
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "perf.data");
        string[] command =
            [Machine.PathOf("perf"), "record", "-q", "-o", data, "-F", Frequency, "-g", "--", Runs.Tracee("hotspots"), "6000"];
        RecordedRun run = await Profiles.RecordAsync(new() { Cpu = true, Frequency = 997 }, command);
        Dictionary<string, double> witness = Parse(Tools.Run("perf", "report", "-i", data, "--no-children", "-g", "none", "--stdio", "-F", "overhead,symbol", "-q"));

        Dictionary<string, double> ours = run.Profile.Shares();
        string[] theirTop = [.. witness.OrderByDescending(one => one.Value).Take(4).Select(one => one.Key)];
        Assert.Equal(_burners.Order(), theirTop.Order());

        // Among themselves: we see perf too.
        double theirSum = _burners.Sum(function => witness[function]);
        double ourSum = _burners.Sum(function => ours.GetValueOrDefault(function));
        foreach (string function in _burners)
        {
            double expected = witness[function] / theirSum;
            Assert.InRange(ours.GetValueOrDefault(function) / ourSum, expected - 0.05, expected + 0.05);
        }

        // And of the program's own samples most: on a busy machine the kernel's work for others (interrupts) is among them.
        HashSet<int> theirs = [.. run.Processes.Where(process => process.Name == "hotspots").Select(process => process.Id)];
        string[] leaves =
        [
            .. run.Profile.Samples.Where(sample => theirs.Contains(run.Profile.Threads[sample.Thread].ProcessId))
                .Select(sample => run.Profile.Frames[run.Profile.Stacks.FramesOf(sample.Stack).First()].Function),
        ];
        Assert.InRange(leaves.Count(_burners.Contains), 0.8 * leaves.Length, leaves.Length);
        Assert.True(leaves.Length > 100, $"{leaves.Length}");
    }

    [SkippableFact]
    public async Task A_stack_reaches_from_main_to_the_function_that_runs()
    {
        RecordedRun run = await Profiles.RecordAsync(
            new() { Cpu = true, Frequency = 997 }, Runs.Tracee("hotspots"), "200");

        CpuSample sample = run.Profile.Samples.First(one => Top(run, one) == "burn_five");
        string[] stack = [.. run.Profile.Stacks.FramesOf(sample.Stack).Select(frame => run.Profile.Frames[frame].Function)];
        Assert.Equal(["burn_five", "middle", "main"], stack[..3]);
    }

    [SkippableFact]
    public async Task Names_of_cpp_and_rust_are_readable()
    {
        Machine.Need(Machine.Tool("g++"), Machine.Tool("rustc"));
        string directory = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(directory, "hot.cc"),
                """
                #include <vector>
                namespace shop { template <class T> struct Till { __attribute__((noinline)) T sum(T n) {
                    volatile T x = 0; for (T i = 0; i < n; i++) x = x + i; return x; } }; }
                int main() { return (int)shop::Till<long>().sum(300000000) & 1; }
                """);
            await RunAsync("g++", "-O1", "-fno-omit-frame-pointer", "-o", Path.Combine(directory, "cc"), Path.Combine(directory, "hot.cc"));
            RecordedRun run = await Profiles.RecordAsync(new() { Cpu = true, Frequency = 997 }, Path.Combine(directory, "cc"));
            Assert.Equal("shop::Till<long>::sum(long)", run.Profile.Shares().MaxBy(one => one.Value).Key);

            await File.WriteAllTextAsync(
                Path.Combine(directory, "hot.rs"),
                """
                mod shop { #[inline(never)] pub fn count(n: u64) -> u64 { let mut x = 0u64;
                    for i in 0..n { x = std::hint::black_box(x + i); } x } }
                fn main() { std::process::exit((shop::count(300_000_000) & 1) as i32); }
                """);
            foreach (string mangling in (string[])["v0", "legacy"])
            {
                await RunAsync(
                    "rustc", "-O", "-C", "force-frame-pointers=yes", "-C",
                    $"symbol-mangling-version={mangling}", "-Zunstable-options", "-o", Path.Combine(directory, "rs"),
                    Path.Combine(directory, "hot.rs"));
                run = await Profiles.RecordAsync(new() { Cpu = true, Frequency = 997 }, Path.Combine(directory, "rs"));
                Assert.Equal("hot::shop::count", run.Profile.Shares().MaxBy(one => one.Value).Key);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [SkippableFact]
    public async Task A_program_that_is_deleted_while_it_runs_has_its_functions()
    {
        string copy = Path.Combine(Path.GetTempPath(), $"forkfollow-test-{Guid.NewGuid():N}");
        RecordedRun run = await Profiles.RecordAsync(
            new() { Cpu = true, Frequency = 997 },
            "sh", "-c", $"cp {Runs.Tracee("hotspots")} {copy}; {copy} 100 again & sleep 0.05; rm {copy}; wait; true");

        Assert.False(File.Exists(copy));
        Assert.Equal("burn_forty", run.Profile.Shares().MaxBy(one => one.Value).Key);
    }

    [SkippableFact]
    public async Task A_program_in_a_mount_namespace_of_its_own_has_its_functions()
    {
        Machine.Need(Machine.MountNamespace);
        string copy = $"/mnt/forkfollow-test-{Guid.NewGuid():N}";
        RecordedRun run = await Profiles.RecordAsync(
            new() { Cpu = true, Frequency = 997 },
            "unshare", "-m", "sh", "-c", $"mount -t tmpfs none /mnt && cp {Runs.Tracee("hotspots")} {copy} && exec {copy} 200 again");

        Assert.False(File.Exists(copy));
        Assert.Equal("burn_forty", run.Profile.Shares().MaxBy(one => one.Value).Key);
    }

    [SkippableFact]
    public async Task Code_of_a_just_in_time_compiler_has_its_functions()
    {
        Machine.Need(Machine.Tool("node"));
        const string Script = "function spinTheWheel(n) { let x = 0; for (let i = 0; i < n; i++) x = (x + i * 3) % 1000003; return x; }"
            + "let s = 0; for (let k = 0; k < 300; k++) s += spinTheWheel(1000000); process.exitCode = s & 0;";

        RecordedRun run = await Profiles.RecordAsync(
            new() { Cpu = true, Frequency = 997 }, "sh", "-c", $"node --perf-basic-prof -e '{Script}'; true");

        (string function, double share) = run.Profile.Shares().MaxBy(one => one.Value);
        Assert.Contains("spinTheWheel", function, StringComparison.Ordinal);
        Assert.True(share > 0.5);
        RecordedProcess node = Assert.Single(run.Processes, process => process.Name == "node");
        File.Delete($"/tmp/perf-{node.Pid}.map");
    }

    private static string Top(RecordedRun run, CpuSample sample) =>
        run.Profile.Stacks.Frames[sample.Stack] is var frame && frame >= 0 ? run.Profile.Frames[frame].Function : "";

    /// <summary>perf record -g of a command: the functions that were running, by their part of all samples.</summary>
    private static Dictionary<string, double> Parse(string report)
    {
        var shares = new Dictionary<string, double>();
        foreach (string line in report.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            //     40.12%  [.] burn_forty
            string[] words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 3 && words[0].EndsWith('%'))
                shares[words[2].Trim()] = double.Parse(words[0].TrimEnd('%'), CultureInfo.InvariantCulture) / 100;
        }

        return shares;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        start.Environment["RUSTC_BOOTSTRAP"] = "1";
        Finished ended = await Started.RunAsync(start);
        Assert.True(ended.Status == 0, $"{program}: {ended.Errors}");
    }
}
