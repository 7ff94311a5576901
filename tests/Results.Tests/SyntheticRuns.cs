namespace ForkFollow.Results.Tests;

/// <summary>Recorded runs that nobody recorded: always the same for the same arguments.</summary>
internal static class SyntheticRuns
{
    internal const long Ms = 1_000_000;

    private static readonly string[] _functions =
    [
        "main", "parse_file", "lex_token", "std::vector<Node>::push_back(Node const&)", "malloc", "memcpy", "hash_lookup",
        "optimize(Function&)", "emit_code", "write_section", "do_syscall_64", "vfs_read", "page_fault", "Program.Main(string[])",
    ];

    /// <summary>One process that did nothing and was not profiled.</summary>
    internal static RecordedRun Empty() => new()
    {
        Version = "0.1.0",
        Cpus = 8,
        Started = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
        DurationNs = 2 * Ms,
        Command = ["true"],
        Processes = [Process(1, null, "true", 0, 2 * Ms)],
    };

    /// <summary>A build: make, shells, compilers with a few threads, one that failed and one that crashed; all tables filled.</summary>
    internal static RecordedRun Build(int jobs = 60)
    {
        var random = new Random(1);
        long end = (40 + jobs * 12) * Ms;
        var processes = new List<RecordedProcess>
        {
            Process(1, null, "make", 0, end) with
            {
                Origin = "launched", Execs = [new(0, "/usr/bin/make", ["make", "-j4", "all"])],
                Procfs = [.. Enumerable.Range(0, 40).Select(i => Tick(end * i / 40, (8 + i % 13) << 20))],
            },
        };
        for (int job = 0; job < jobs; job++)
        {
            long start = (10 + job * 11) * Ms;
            long stop = start + (30 + random.Next(60)) * Ms;
            int shell = processes.Count + 1;
            string[] command = ["cc", "-O2", "-Wall", "-c", $"src/file{job}.c", "-o", $"obj/file {job}.o"];
            processes.Add(Process(shell, 1, "sh", start, stop) with
            {
                Execs = [new(start + Ms / 2, "/bin/dash", ["sh", "-c", string.Join(' ', command)])],
            });
            processes.Add(Process(shell + 1, shell, "cc", start + 2 * Ms, stop - Ms) with
            {
                Execs = [new(start + 3 * Ms, "/usr/bin/cc", command)],
                Exit = job == 7 ? new(Code: 1) : new(),
            });
            processes.Add(Process(shell + 2, shell + 1, "cc1", start + 4 * Ms, stop - 6 * Ms) with
            {
                Execs = [new(start + 5 * Ms, "/usr/libexec/cc1", ["cc1", "-quiet", $"src/file{job}.c"])],
                Exit = job == 23 ? new(Signal: 11, Name: "SIGSEGV", Core: true) : new(),
                Procfs = [.. Enumerable.Range(0, 20).Select(i => Tick(start + i * 2 * Ms, (4 + i * 3) << 20))],
                Syscalls =
                [
                    new("read", 140 + job, 0, 3 * Ms, 9_000, 80_000, 400_000, [9_000, 70 + job, 80_000, 69, 400_000, 1]),
                    new("openat", 60, 31, Ms, 4_000, 30_000, 90_000, [4_000, 31, 30_000, 29]),
                ],
                Threads = 2,
                DotNet = SampleRuns.SmallRuntime(),
            });
            processes.Add(Process(shell + 3, shell + 1, "as", stop - 6 * Ms, stop - 2 * Ms) with
            {
                Execs = [new(stop - 5 * Ms, "/usr/bin/as", ["as", "-o", $"obj/file {job}.o"])],
            });
        }

        processes.Add(Process(processes.Count + 1, 1, "make", end - 20 * Ms, end - 10 * Ms)); // a fork that never called exec
        processes.Add(Process(processes.Count + 1, 1, "daemon", end - 15 * Ms, null) with { Exit = null, End = "detached" });
        return new()
        {
            Version = "0.1.0",
            Cpus = 8,
            Started = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
            DurationNs = end,
            Command = ["make", "-j4", "all"],
            Processes = processes,
            Ledger = [new("escaped", 4711, "Process 4711 was made with CLONE_UNTRACED and is not followed. Attach to it with -p.")],
            Profile = Sampled(processes, 2_000, 1, end * 5, withWaits: true),
        };
    }

    /// <summary>Many processes, and so many distinct rows of thread and stack.</summary>
    internal static RecordedRun Large(int processes = 5_000, int rows = 200_000)
    {
        var all = new List<RecordedProcess>(processes);
        for (int i = 0; i < processes; i++)
        {
            long start = i * Ms;
            int? parent = i == 0 ? null : i % 10 == 1 ? 1 : i - (i - 1) % 10 / 3;
            string program = i % 7 == 0 ? "sh" : $"tool{i % 23}";
            all.Add(Process(i + 1, parent, program, start, i == 0 ? processes * Ms + 400 * Ms : start + (20 + i % 380) * Ms) with
            {
                Execs = [new(start + Ms / 4, $"/usr/bin/{program}", [program, "--input", $"file{i}.txt", "-v"])],
                Exit = new(Code: i % 97 == 5 ? 2 : 0),
            });
        }

        return new()
        {
            Version = "0.1.0",
            Cpus = 8,
            Started = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
            DurationNs = processes * Ms + 400 * Ms,
            Command = ["./run-all", "--jobs", "2"],
            Processes = all,
            Profile = Sampled(all, rows, rows, processes * 6 * Ms),
        };
    }

    /// <summary>A parent and a child with given names, every text of which is hostile.</summary>
    internal static RecordedRun Hostile(params string[] names) => new()
    {
        Version = names[0],
        Started = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
        DurationNs = 100 * Ms,
        Command = names,
        Processes =
        [
            .. names.Select((name, i) => Process(i + 1, i == 0 ? null : 1, name, i * Ms, 90 * Ms) with
            {
                Execs = [new((i + 1) * Ms, "/tmp/" + name, [name, .. names])],
                Exit = new(Signal: 9, Name: name),
                Counters = new Dictionary<string, long> { [name] = 1 },
                Syscalls = [new(name, 1, 1, 1, 1, 1, 1)],
                Collectors = [name],
                DotNet = SampleRuns.SmallRuntime(name) with { Version = name },
            }),
        ],
        Ledger = [.. names.Select(name => new RecordedNote(name, 1, name))],
        Profile = new()
        {
            CpuEvent = "cpu-clock",
            Frequency = 99,
            Modules = [.. names.Select(name => new ProfileModule("/lib/" + name, name, FrameKind.User))],
            Frames = [.. names.Select((name, i) => new ProfileFrame(name, i, 0))],
            Stacks = new([0, .. names.Select((_, i) => i)], [-1, .. names.Select((_, i) => i)]),
            Threads = [.. names.Select((name, i) => new ProfileThread(i + 1, 1000 + i, name))],
            Samples = [.. names.Select((_, i) => new CpuSample(i * Ms, i, names.Length, 10 * Ms))],
            TraceEvents = [names[0]],
            Traces = [new(0, 0, names.Length, 3)],
        },
    };

    internal static RecordedProcess Process(int id, int? parent, string name, long start, long? end) => new()
    {
        Id = id,
        ParentId = parent,
        Pid = 1000 + id,
        ParentPid = 1000 + (parent ?? -1),
        Origin = "fork",
        StartNs = start,
        EndNs = end,
        Comm = name,
        Threads = 1,
        Exit = new(),
        End = end is null ? "alive" : "exited",
        Rusage = new(((end ?? start) - start) / 5, ((end ?? start) - start) / 20, (2 + id % 90) << 20, 300 + id % 50, id % 3, 12, 4),
        Counters = new Dictionary<string, long> { ["task-clock"] = ((end ?? start) - start) / 2, ["page-faults"] = 300 + id },
        Samples = id % 40,
        Collectors = ["rusage", "counters", "cpu"],
    };

    private static RecordedTick Tick(long at, long rss) => new(at, "R", rss, 1, 7, 0, 0);

    /// <summary>Samples of all processes, two threads in each, over so many distinct stacks.</summary>
    private static Profile Sampled(List<RecordedProcess> processes, int samples, int seed, long cpuNs, bool withWaits = false)
    {
        var random = new Random(seed);
        int functions = Math.Max(_functions.Length, Math.Min(4_000, samples / 50));
        var parents = new List<int> { 0 };
        var frames = new List<int> { -1 };
        for (int i = 1; i <= Math.Max(60, samples / 4); i++)
        {
            parents.Add(i < 4 ? 0 : random.Next(Math.Max(0, i / 2 - 40), i));
            frames.Add(i == 1 ? 0 : random.Next(functions));
        }

        var threads = processes
            .SelectMany(p => new ProfileThread[] { new(p.Id, p.Pid, p.Comm), new(p.Id, p.Pid + 100_000, "worker") }).ToList();
        var taken = new List<CpuSample>(samples);
        for (int i = 0; i < samples; i++)
        {
            int thread = i % threads.Count;
            RecordedProcess process = processes[thread / 2];
            long end = process.EndNs ?? process.StartNs + 10 * Ms;
            long at = process.StartNs + (long)(random.NextDouble() * (end - process.StartNs));
            taken.Add(new(at, thread, 1 + random.Next(parents.Count - 1), cpuNs / samples));
        }

        return new()
        {
            CpuEvent = "cpu-clock",
            Frequency = 99,
            Modules =
            [
                new("/usr/libexec/cc1", "ab12", FrameKind.User), new("[kernel]", "", FrameKind.Kernel),
                new("[jit]", "", FrameKind.Jit),
            ],
            Frames =
            [
                .. Enumerable.Range(0, functions).Select(i => new ProfileFrame(
                    i < _functions.Length ? _functions[i] : $"function_{i}", i % 14 is 13 ? 2 : i % 14 >= 10 ? 1 : 0, (ulong)i * 16)),
            ],
            Stacks = new(parents, frames),
            Threads = threads,
            Samples = [.. taken.OrderBy(s => s.TimeNs)],
            Waits = withWaits
                ? [.. taken.Take(300).Select((s, i) => new WaitPlace(s.Thread, s.Stack, 1 + i % 5, (i + 1) * Ms / 3, i * Ms / 40))]
                : [],
            TraceEvents = withWaits ? ["sched:sched_process_fork"] : [],
            Traces = withWaits ? [.. taken.Take(80).Select(s => new TracePlace(0, s.Thread, s.Stack, 2))] : [],
        };
    }
}
