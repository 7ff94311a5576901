namespace ForkFollow.Results.Tests;

/// <summary>Recorded runs made by hand or by chance, for the tests of what writes and reads them.</summary>
internal static class SampleRuns
{
    private const long Ms = 1_000_000;

    internal static DateTimeOffset Started { get; } = new(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero);

    /// <summary>
    /// Of known content: sh (100) starts cc (101, exec'd, two threads), which exits with 3; then another cc is given the same
    /// pid 101, and is killed. 5 samples of 10 ms each, a wait, a traced event, ticks.
    /// </summary>
    internal static RecordedRun Small() => new()
    {
        Version = "1.2.3",
        Cpus = 2,
        Started = Started,
        DurationNs = 100 * Ms,
        Command = ["sh", "-c", "cc a.c; cc b.c"],
        Processes =
        [
            new()
            {
                Id = 1, Pid = 100, ParentPid = 50, Origin = "launched", StartNs = 0, EndNs = 99 * Ms, Comm = "sh", Threads = 1,
                Execs = [new(0, "/bin/sh", ["sh", "-c", "cc a.c; cc b.c"])], Exit = new(0), End = "exited",
                Rusage = new(5 * Ms, 2 * Ms, 4096, 10, 1, 2, 3), Counters = new Dictionary<string, long> { ["task-clock"] = 7 * Ms },
                Collectors = ["rusage", "cpu"], Procfs = [new(10 * Ms, "S", 4096, 1, 3, null, null), new(50 * Ms, "S", 8192, 1, null, 1, 2)],
            },
            new()
            {
                Id = 2, ParentId = 1, Pid = 101, ParentPid = 100, Origin = "fork", StartNs = 10 * Ms, EndNs = 50 * Ms, Comm = "cc",
                Execs = [new(11 * Ms, "/usr/bin/env", ["env", "cc"]), new(12 * Ms, "/usr/bin/cc", ["cc", "a.c"])], Threads = 2,
                DotNet = SmallRuntime(), Exit = new(3), End = "exited", Samples = 3, Lost = 1, Waits = new(4, 20 * Ms, 1 * Ms),
                Syscalls = [new("read", 4, 1, 2 * Ms, 1000, 2000, 3000)],
            },
            new()
            {
                Id = 3, ParentId = 1, Pid = 101, ParentPid = 100, Origin = "vfork", StartNs = 60 * Ms, EndNs = 90 * Ms, Comm = "cc",
                Execs = [new(61 * Ms, "/usr/bin/cc", ["cc", "b.c"])], Threads = 1, Exit = new(0, 9, "SIGKILL", true), End = "exited",
            },
            new() { Id = 4, ParentId = 3, Pid = 104, ParentPid = 101, Origin = "fork", StartNs = 70 * Ms, Comm = "cc", End = "alive" },
        ],
        Ledger = [new("escaped", 7, "A child escaped.")],
        Profile = SmallProfile(),
    };

    /// <summary>
    /// A server that had run for an hour when we attached, 50 ms after our own start; it forks a worker and runs another program, and is let
    /// go 200 ms after the attach. We need 150 ms more to be done.
    /// </summary>
    internal static RecordedRun Attached() => new()
    {
        Version = "1.2.3",
        Cpus = 2,
        Started = Started,
        DurationNs = 400 * Ms,
        Processes =
        [
            new()
            {
                Id = 1, Pid = 100, ParentPid = 1, Origin = "attached", StartNs = -3_600_000 * Ms, EndNs = 250 * Ms, Comm = "server",
                Found = new(50 * Ms, "/usr/sbin/server", ["server: idle"]), Execs = [new(150 * Ms, "/usr/bin/later", ["later", "on"])],
                Threads = 1, End = "detached", Rusage = new(30 * Ms, 10 * Ms, 4096, 10, 1, 20, 3) { Stops = 4 },
                Counters = new Dictionary<string, long> { ["context-switches"] = 27 },
            },
            new()
            {
                Id = 2, ParentId = 1, Pid = 101, ParentPid = 100, Origin = "fork", StartNs = 100 * Ms, EndNs = 200 * Ms, Comm = "server",
                Threads = 1, Exit = new(0), End = "exited", Rusage = new(60 * Ms, 0, 4096, 10, 1, 2, 3),
            },
        ],
    };

    /// <summary>A .NET runtime, with a value of its own in each property.</summary>
    internal static RecordedDotNet SmallRuntime(string type = "System.Exception") => new()
    {
        Version = "10.0.1",
        CommandLine = "cc a.c",
        WatchedNs = 30 * Ms,
        Complete = true,
        LostEvents = 1,
        Gc = new()
        {
            Gen0 = 9,
            Gen1 = 5,
            Gen2 = 2,
            PauseNs = 8 * Ms,
            Pauses = 10,
            P50Ns = Ms,
            P99Ns = 2 * Ms,
            MaxPauseNs = 3 * Ms,
            HeapBytes = [1, 2, 3, 4, 5],
            MaxHeapBytes = 1 << 20,
            AllocatedBytes = 1 << 24,
        },
        Jit = new()
        {
            Methods = 12,
            Tiers = new Dictionary<string, long> { ["QuickJitted"] = 11, ["OptimizedTier1"] = 1 },
            IlBytes = 345,
            Ns = 4 * Ms,
            Precompiled = 678,
        },
        Exceptions = 7,
        ExceptionTypes = [new(type, 6), new("System.FormatException", 1)],
        Contentions = 3,
        ContentionNs = 5 * Ms,
        PoolThreads = 4,
        PoolStarvations = 1,
        Counters =
        [
            new(20 * Ms, 12.5, 1000, 2000, 3000, 1, 0, 0, 4, 5, 6, 7),
            new(30 * Ms, null, null, 1, null, null, null, null, null, null, null, null),
        ],
    };

    private static Profile SmallProfile() => new()
    {
        CpuEvent = "cpu-clock",
        Frequency = 100,
        Modules =
        [
            new("/usr/bin/cc", "0123456789abcdef0123456789abcdef01234567", FrameKind.User),
            new("[kernel]", "", FrameKind.Kernel), new("[jit]", "", FrameKind.Jit),
        ],
        Frames =
        [
            new("main", 0, 0x1000), new("parse(char const*)", 0, 0x2000), new("parse(char const*)", 0, 0x2010),
            new("do_syscall_64", 1, 0xffffffff81000000), new("Program.Main", 2, 0x7f0000000000),
        ],
        // 1 main · 2 main;parse · 3 main;parse (another address) · 4 main;parse;do_syscall_64 · 5 Program.Main
        Stacks = new([0, 0, 1, 1, 2, 0], [-1, 0, 1, 2, 3, 4]),
        Threads = [new(2, 101, "cc"), new(2, 102, "worker"), new(3, 101, "cc")],
        Samples =
        [
            new(20 * Ms, 0, 2, 10 * Ms), new(21 * Ms, 1, 5, 10 * Ms), new(30 * Ms, 0, 3, 10 * Ms), new(70 * Ms, 2, 4, 10 * Ms),
            new(80 * Ms, 2, 0, 10 * Ms),
        ],
        Waits = [new(0, 4, 4, 20 * Ms, 1 * Ms)],
        TraceEvents = ["sched:sched_process_exec"],
        Traces = [new(0, 0, 4, 7)],
    };

    /// <summary>The small run with a name in all places where a process can choose one.</summary>
    internal static RecordedRun Hostile(string name)
    {
        RecordedRun run = Small();
        Profile profile = run.Profile;
        return run with
        {
            Command = [name, name],
            Processes =
            [
                .. run.Processes.Select(process => process with
                {
                    Comm = name,
                    Execs = [.. process.Execs.Select(exec => exec with { Path = "/" + name, Args = [name, ""] })],
                    DotNet = process.DotNet is null ? null : SmallRuntime(name) with { Version = name, CommandLine = name },
                }),
            ],
            Profile = profile with
            {
                Modules = [.. profile.Modules.Select(module => module with { Path = name })],
                Frames = [.. profile.Frames.Select((frame, i) => frame with { Function = name + i })],
                Threads = [.. profile.Threads.Select(thread => thread with { Name = name })],
                TraceEvents = [name],
            },
        };
    }

    /// <summary>Of random content, the same for the same seed.</summary>
    internal static RecordedRun Random(int processes, int samples, int seed = 1)
    {
        var random = new Random(seed);
        long duration = 60_000 * Ms;
        List<RecordedProcess> all = [];
        List<ProfileThread> threads = [];
        for (int id = 1; id <= processes; id++)
        {
            RecordedProcess? parent = id == 1 ? null : all[random.Next(all.Count)];
            long start = parent is null ? 0 : parent.StartNs + random.NextInt64((parent.EndNs ?? duration) - parent.StartNs + 1);
            long? end = id == 1 || random.Next(10) == 0 ? null : start + random.NextInt64(duration - start + 1);
            int pid = 1000 + (id % 9000);
            string program = $"prog{random.Next(20)}";
            all.Add(new()
            {
                Id = id,
                ParentId = parent?.Id,
                Pid = pid,
                ParentPid = parent?.Pid ?? 1,
                Origin = id == 1 ? "launched" : "fork",
                StartNs = start,
                EndNs = end,
                Comm = program,
                Threads = 2,
                Execs = random.Next(3) == 0 ? [] : [new(start, $"/usr/bin/{program}", [program, $"file{id}.c"])],
                Exit = end is null ? null : new(random.Next(3)),
                End = end is null ? "alive" : "exited",
            });
            threads.Add(new(id, pid, program));
            if (random.Next(2) == 0)
                threads.Add(new(id, pid + 100_000, "worker"));
        }

        return new()
        {
            Version = "1.2.3",
            Cpus = 4,
            Started = Started,
            DurationNs = duration,
            Command = ["make"],
            Processes = all,
            Profile = RandomProfile(random, threads, samples, duration),
        };
    }

    private static Profile RandomProfile(Random random, List<ProfileThread> threads, int samples, long duration)
    {
        FrameKind[] kinds = [FrameKind.User, FrameKind.User, FrameKind.Kernel, FrameKind.Jit];
        List<ProfileModule> modules = [.. Enumerable.Range(0, 20).Select(i => new ProfileModule($"/lib/lib{i}.so", $"{i:x40}", kinds[i % 4]))];
        List<ProfileFrame> frames = [.. Enumerable.Range(0, 5000).Select(
            i => new ProfileFrame($"function_{i / 2}(int, char const*)", i / 2 % modules.Count, (ulong)i * 64))];
        List<int> parents = [0];
        List<int> nodes = [-1];
        for (int i = 1; i < Math.Max(100, samples / 10); i++)
        {
            parents.Add(random.Next(i / 2, i)); // as deep as the logarithm of their number
            nodes.Add(random.Next(frames.Count));
        }

        var taken = new CpuSample[samples];
        long at = 0;
        for (int i = 0; i < samples; i++)
        {
            at += duration / (samples + 1);
            taken[i] = new(at, random.Next(threads.Count), random.Next(parents.Count), random.Next(1, 20_000_000));
        }

        return new()
        {
            CpuEvent = "cpu-clock",
            Frequency = 99,
            Modules = modules,
            Frames = frames,
            Stacks = new(parents, nodes),
            Threads = threads,
            Samples = taken,
        };
    }
}
