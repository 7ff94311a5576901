using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>What comes through the rings, against other witnesses and against what programs are known to do.</summary>
public sealed class StreamTests
{
    [SkippableFact]
    public async Task Every_process_has_its_cpu_samples()
    {
        RecordedRun run = await Profiles.RecordAsync(
            new() { Cpu = true, Frequency = 997 }, Runs.Tracee("hotspots"), "100");

        Assert.Equal(3, run.Processes.Count);
        Assert.All(run.Processes, process =>
        {
            // A sample stands for 1/997 s of CPU time; a process that waits for a CPU has none of either.
            double sampled = process.Samples / 997.0;
            double used = (process.Rusage!.UserNs + process.Rusage.SystemNs) / 1e9;
            Assert.InRange(sampled, (used * 0.9) - 0.01, (used * 1.1) + 0.01);
        });
        Assert.Equal(run.Profile.Samples.Count, run.Processes.Sum(process => process.Samples));
        Assert.All(run.Profile.Samples, sample => Assert.InRange(sample.TimeNs, 0, run.DurationNs));
    }

    [SkippableFact]
    public async Task System_calls_are_counted_as_strace_counts_them()
    {
        Machine.Need(Machine.Tool("strace"));
        string[] command = [Runs.Tracee("syscalls"), "1000", "signals"];
        Dictionary<string, (long Count, long Errors)> witness = await StraceAsync(command);

        RecordedRun run = await Profiles.RecordAsync(new() { Syscalls = true }, command);

        Assert.Equal(0, run.Processes.Sum(process => process.Lost));
        Dictionary<string, (long Count, long Errors)> ours = run.Processes.SelectMany(process => process.Syscalls!)
            .GroupBy(call => call.Name)
            .ToDictionary(group => group.Key, group => (group.Sum(call => call.Count), group.Sum(call => call.Errors)));

        // A futex is only called if the threads happen to meet.
        witness.Remove("futex");
        ours.Remove("futex");

        // What strace takes for its result is a register of what was interrupted: it has none (sigreturn(2)).
        Assert.Equal((3001, 1), witness["rt_sigreturn"]);
        witness["rt_sigreturn"] = (3001, 0);
        Assert.Equal(witness.OrderBy(one => one.Key), ours.OrderBy(one => one.Key));
        Assert.Equal((3000, 3000), (ours["close"].Errors, ours["getppid"].Count));
    }

    /// <summary>As two targets of a service: each run has a reader thread of its own, and what it counts with is its own.</summary>
    [SkippableFact]
    public async Task Two_runs_at_once_count_their_own_system_calls()
    {
        int[] rounds = [300, 800];
        for (int turn = 0; turn < 3; turn++)
        {
            RecordedRun[] runs = await Task.WhenAll(rounds.Select(
                count => Profiles.RecordAsync(new() { Syscalls = true, RingPages = 4096 }, "sh", "-c", $"for i in 1 2 3 4; do {Runs.Tracee("syscalls")} {count}; done; :")));
            foreach ((RecordedRun run, int count) in runs.Zip(rounds))
            {
                Assert.Empty(run.Ledger); // nothing was lost: two runs are much at once
                Assert.Equal(9, run.Processes.Count); // the shell, and four that fork
                foreach (RecordedProcess process in run.Processes.Skip(1))
                {
                    RecordedSyscall call = process.Syscalls!.Single(one => one.Name == "getppid");
                    Assert.Equal(process.Execs.Count > 0 ? 2 * count : count, call.Count);
                    Assert.InRange(call.P99Ns, 1, call.MaxNs);
                    Assert.InRange(call.TotalNs, call.Count, call.MaxNs * call.Count);
                }
            }
        }
    }

    [SkippableFact]
    public async Task System_calls_are_timed()
    {
        RecordedRun run = await Profiles.RecordAsync(new() { Syscalls = true }, "sleep", "0.25");

        RecordedSyscall sleep = Assert.Single(run.Processes[0].Syscalls!, call => call.Name == "clock_nanosleep");
        Assert.InRange(sleep.TotalNs, 250_000_000, 300_000_000);
        Assert.Equal(sleep.TotalNs, sleep.MaxNs);
        Assert.InRange(sleep.P50Ns, sleep.MaxNs * 0.87, sleep.MaxNs);
    }

    [SkippableFact]
    public async Task Who_sleeps_is_seen_off_cpu_for_that_long_and_where()
    {
        RecordedRun run = await Profiles.RecordAsync(new() { OffCpu = true }, Runs.Tracee("sleeper"), "1000");

        // The main thread waits for the second one and for the fork besides, which end with it.
        RecordedProcess fork = run.Processes[1];
        Assert.InRange(fork.Waits!.Ns, 1_000_000_000, 1_020_000_000);
        Assert.InRange(run.Processes[0].Waits!.Ns, 2_000_000_000, 2_040_000_000);
        HashSet<int> threads = run.ThreadsOf(fork);
        WaitPlace longest = run.Profile.Waits.Where(wait => threads.Contains(wait.Thread)).MaxBy(wait => wait.WaitNs);
        Assert.InRange(longest.WaitNs, 1_000_000_000, 1_020_000_000);
        Assert.NotEqual(0, longest.Stack);
        Assert.Equal(3, run.Profile.Waits.Where(wait => wait.WaitNs > 990_000_000).Select(wait => wait.Thread).Distinct().Count());
    }

    [SkippableFact]
    public async Task Who_has_no_cpu_is_seen_on_the_run_queue()
    {
        Machine.Need(Machine.Tool("taskset"));

        // Two that compute on one CPU: each waits for the other, and for nothing else.
        RecordedRun run = await Profiles.RecordAsync(
            new() { OffCpu = true }, "taskset", "-c", "0", Runs.Tracee("hotspots"), "100");

        long queued = run.Processes.Sum(process => process.Waits!.RunQueueNs);
        long used = run.Processes.Sum(process => process.Rusage!.UserNs + process.Rusage.SystemNs);
        Assert.True(queued > used / 2, $"{queued} ns on the run queue, {used} ns of CPU time");
    }

    [SkippableFact]
    public async Task A_tracepoint_is_counted_for_each_process_with_its_stacks()
    {
        RecordedRun run = await Profiles.RecordAsync(
            new() { Tracepoints = [new("sched", "sched_process_exec", null), new("sched", "sched_process_fork", null)] },
            "sh", "-c", "/bin/true; /bin/true; exec /bin/true");

        Assert.Equal(3, run.Processes.Count);
        Assert.Equal(2, run.Processes[0].Counters["sched:sched_process_fork"]);

        // The root's own first exec was before we had it.
        Assert.Equal([1, 1, 1], run.Processes.Select(process => process.Counters["sched:sched_process_exec"]));
        Assert.Equal(5, run.Profile.Traces.Sum(place => place.Count));
        Assert.All(run.Profile.Traces, place => Assert.NotEqual(0, place.Stack));
    }

    [SkippableFact]
    public async Task A_filter_lets_through_what_it_says()
    {
        RecordedRun run = await Profiles.RecordAsync(
            new() { Tracepoints = [new("raw_syscalls", "sys_exit", "ret < 0")] }, Runs.Tracee("syscalls"), "100");

        Assert.InRange(run.Processes[1].Counters["raw_syscalls:sys_exit"], 100, 110);
    }

    [SkippableFact]
    public async Task Lost_records_are_counted()
    {
        RecordedRun run = await Profiles.RecordAsync(
            new() { Syscalls = true, RingPages = 1 }, Runs.Tracee("syscalls"), "20000");

        long lost = run.Processes.Sum(process => process.Lost);
        Assert.True(lost > 0);
        long seen = run.Processes.Sum(process => process.Syscalls!.Where(call => call.Name == "getppid").Sum(call => call.Count));
        Assert.True(seen < 60_000);

        // Of which collector, and whose. A ring tells what it lost with the next record that fits: what was lost last is in the kernel's counts alone.
        string text = run.Ledger.Select(note => note.Text).Single(text => text.Contains("records were lost", StringComparison.Ordinal));
        Match told = Regex.Match(text, @"^(\d+) records were lost .*: (\d+) of syscalls, .*most of them by syscalls\[\d+\]");
        Assert.True(told.Success, text);
        long all = long.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(all, lost, lost * 1.05);
        Assert.InRange(long.Parse(told.Groups[2].Value, CultureInfo.InvariantCulture), all * 0.95, all);
    }

    /// <summary>Others fork and exec: their records come through rings of the whole machine, which are too small here; we trace nothing that happens.</summary>
    [SkippableFact]
    public async Task What_others_lost_is_not_counted_as_ours()
    {
        Machine.Need(Machine.Root("to see the whole machine"));
        using Started storm = Started.Begin(
            new ProcessStartInfo("timeout", ["20", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do while :; do /bin/true; done & done; wait"]));
        RecordedRun run = await Profiles.RecordAsync(new() { Cpu = true, Tracepoints = [new("raw_syscalls", "sys_enter", "id == 9999")], RingPages = 1 }, "sleep", "1.5");

        Assert.Equal(0, Assert.Single(run.Processes).Lost);
        string text = Assert.Single(run.Ledger).Text;
        Assert.Matches(@"^\d+ records of the whole machine were lost .*: .*\d+ of mappings, names and births.*not counted as this run's", text);
    }

    [SkippableFact]
    public async Task Threads_of_an_attached_process_are_sampled_each_once()
    {
        Machine.Need(Machine.Attach);

        // Not a child of ours: .NET would wait for it.
        using Started shell = Started.Begin(
            new ProcessStartInfo("sh", ["-c", Runs.Tracee("syscalls") + " 3000000 >/dev/null & echo $!"])
            {
                RedirectStandardOutput = true,
            });
        int pid = int.Parse((await shell.StandardOutput.LineAsync())!, CultureInfo.InvariantCulture);
        long start = CpuNs(pid);
        long inside = 0;
        RecordedRun run = await Profiles.RecordAsync(
            new() { Cpu = true, OffCpu = true, Syscalls = true, Frequency = 997, RingPages = 4096 },
            async host =>
            {
                FollowSession session = await FollowSession.AttachAsync(new() { Targets = [pid] }, host);
                inside = CpuNs(pid);
                await Task.Delay(1000);
                inside = CpuNs(pid) - inside;
                await session.EndAsync();
                return session;
            });
        long outside = CpuNs(pid) - start;

        Assert.InRange(run.Profile.Samples.Count / 997.0, inside * 0.85 / 1e9, (outside * 1.15 / 1e9) + 0.05);
    }

    [SkippableFact]
    public async Task A_set_id_program_is_collected_on()
    {
        Machine.Need(Machine.Root("to make a file somebody else's"));
        string directory = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        try
        {
            string program = Path.Combine(directory, "setid");
            File.Copy(Runs.Tracee("syscalls"), program);
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
            await Started.OutputAsync("chown", "65534", program);
            File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101 | UnixFileMode.SetUser);

            RecordedRun run = await Profiles.RecordAsync(new() { Syscalls = true }, "sh", "-c", $"{program} 500; true");

            RecordedProcess setId = Assert.Single(run.Processes, process => process.Name == "setid" && process.Execs.Count > 0);
            Assert.Equal(1000, setId.Syscalls!.Single(call => call.Name == "getppid").Count);
            RecordedProcess child = Assert.Single(run.Processes, process => process.ParentId == setId.Id);
            Assert.Equal(500, child.Syscalls!.Single(call => call.Name == "getppid").Count);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [SkippableFact]
    public async Task A_perf_record_at_the_same_time_is_not_disturbed()
    {
        // It died of every second recording when our MMAP2 records had build ids (docs/adr/0014-recording.md).
        Machine.Need(Machine.Tool("perf"));
        string data = Path.GetTempFileName();
        RecordedRun run = await Profiles.RecordAsync(
            new() { Cpu = true },
            "sh", "-c",
            $"for i in 1 2 3 4 5 6; do perf record -q -o {data} -- {Runs.Tracee("hotspots")} 5 && perf report -i {data} || exit 1; done "
            + ">/dev/null");
        File.Delete(data);
        Assert.Equal(0, run.Processes[0].Exit!.Code);
    }

    private static long CpuNs(int pid)
    {
        string[] stat = File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].Split(' ');
        return (long.Parse(stat[12], CultureInfo.InvariantCulture) + long.Parse(stat[13], CultureInfo.InvariantCulture)) * 10_000_000;
    }

    /// <summary>strace -c -f, as it is printed: % time, seconds, usecs/call, calls, errors (if any), syscall.</summary>
    private static async Task<Dictionary<string, (long Count, long Errors)>> StraceAsync(string[] command)
    {
        string file = Path.GetTempFileName();
        await Started.OutputAsync("strace", ["-f", "-c", "-o", file, .. command]);
        var counts = new Dictionary<string, (long, long)>();
        foreach (string line in await File.ReadAllLinesAsync(file))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length is 5 or 6 && long.TryParse(words[3], CultureInfo.InvariantCulture, out long count) && words[^1] != "total")
                counts[words[^1]] = (count, words.Length == 6 ? long.Parse(words[4], CultureInfo.InvariantCulture) : 0);
        }

        File.Delete(file);
        return counts;
    }
}
