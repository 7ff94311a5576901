namespace ForkFollow.Results.Formats;

/// <summary>
/// What the writers look up in a run: processes by id, threads by process, samples by thread, and names that tell two
/// processes with one pid apart. Made for one file, in memory proportional to processes and threads plus 4 bytes a
/// sample. Immutable; any thread.
/// </summary>
internal sealed class RunIndex
{
    private readonly Dictionary<int, RecordedProcess> _processes = [];
    private readonly HashSet<int> _reusedPids = [];
    private readonly Dictionary<int, List<int>> _threads = [];
    private readonly string[] _tids;
    private readonly int[] _samples;
    private readonly int[] _firstSample;

    internal RunIndex(RecordedRun run)
    {
        Run = run;
        var pids = new HashSet<int>();
        foreach (RecordedProcess process in run.Processes)
        {
            _processes.Add(process.Id, process);
            if (!pids.Add(process.Pid))
                _reusedPids.Add(process.Pid);
        }

        _tids = new string[run.Profile.Threads.Count];
        var tids = new HashSet<(int, int)>();
        for (int i = 0; i < _tids.Length; i++)
        {
            ProfileThread thread = run.Profile.Threads[i];
            string tid = FormatJson.Invariant(thread.Tid);
            _tids[i] = tids.Add((thread.ProcessId, thread.Tid)) ? tid : $"{tid}.{FormatJson.Invariant(i)}";
            if (!_threads.TryGetValue(thread.ProcessId, out List<int>? ofProcess))
                _threads.Add(thread.ProcessId, ofProcess = []);
            ofProcess.Add(i);
        }

        (_samples, _firstSample) = SortByThread(run.Profile);
    }

    internal RecordedRun Run { get; }

    /// <summary>Whether samples weigh nanoseconds; else they weigh cycles.</summary>
    internal bool WeighsTime => Run.Profile.CpuEvent?.Contains("cycles", StringComparison.Ordinal) != true;

    /// <summary>The process of a thread. One that tree.json does not have is made up: no sample is dropped for it.</summary>
    internal RecordedProcess ProcessOf(int thread)
    {
        int id = Run.Profile.Threads[thread].ProcessId;
        return _processes.TryGetValue(id, out RecordedProcess? process)
            ? process
            : new() { Id = id, Pid = 0, Origin = "attached", StartNs = 0, Comm = "unknown", End = "lost" };
    }

    /// <summary>The process with an id; null if there is none.</summary>
    internal RecordedProcess? Process(int? id) => id is { } known ? _processes.GetValueOrDefault(known) : null;

    /// <summary>The threads of a process, by index.</summary>
    internal IReadOnlyList<int> ThreadsOf(RecordedProcess process) => _threads.GetValueOrDefault(process.Id) ?? [];

    /// <summary>The processes of the run, and made-up ones for threads that belong to none of them.</summary>
    internal IEnumerable<RecordedProcess> Processes =>
        Run.Processes.Concat(
            _threads.Where(pair => !_processes.ContainsKey(pair.Key)).Select(pair => ProcessOf(pair.Value[0])));

    /// <summary>The pid; <c>pid.id</c> if several processes of the run had it.</summary>
    internal string Pid(RecordedProcess process) =>
        _reusedPids.Contains(process.Pid) || Process(process.Id) is null
            ? $"{FormatJson.Invariant(process.Pid)}.{FormatJson.Invariant(process.Id)}"
            : FormatJson.Invariant(process.Pid);

    /// <summary>The thread id; with a number behind it if the process had another thread of that id before.</summary>
    internal string Tid(int thread) => _tids[thread];

    /// <summary>What a process is called, fit for a file.</summary>
    internal static string Name(RecordedProcess process) => FormatText.Clean(process.Name);

    /// <summary>The name of a thread, fit for a file.</summary>
    internal string ThreadName(int thread) => FormatText.Clean(Run.Profile.Threads[thread].Name);

    /// <summary><c>program [pid] thread (tid)</c>.</summary>
    internal string FullName(int thread)
    {
        RecordedProcess process = ProcessOf(thread);
        return $"{Name(process)} [{Pid(process)}] {ThreadName(thread)} ({Tid(thread)})";
    }

    /// <summary>The samples of a thread, by index, in order of time.</summary>
    internal ReadOnlySpan<int> SamplesOf(int thread) => _samples.AsSpan(_firstSample[thread].._firstSample[thread + 1]);

    /// <summary>The sum of a thread's samples' weights.</summary>
    internal long WeightOf(int thread)
    {
        long sum = 0;
        foreach (int sample in SamplesOf(thread))
            sum += Run.Profile.Samples[sample].Weight;
        return sum;
    }

    /// <summary>How many samples each stack of a thread has and what they weigh together, in the order of first sight.</summary>
    internal Dictionary<int, (long Count, long Weight)> StacksOf(int thread, Func<int, int> key)
    {
        var sums = new Dictionary<int, (long Count, long Weight)>();
        foreach (int index in SamplesOf(thread))
        {
            CpuSample sample = Run.Profile.Samples[index];
            int stack = key(sample.Stack);
            (long count, long weight) = sums.GetValueOrDefault(stack);
            sums[stack] = (count + 1, weight + sample.Weight);
        }

        return sums;
    }

    /// <summary>A counting sort: stable, so that a thread's samples stay in order of time.</summary>
    private static (int[] Samples, int[] First) SortByThread(Profile profile)
    {
        int[] first = new int[profile.Threads.Count + 1];
        foreach (CpuSample sample in profile.Samples)
            first[sample.Thread + 1]++;
        for (int i = 1; i < first.Length; i++)
            first[i] += first[i - 1];

        int[] next = [.. first];
        int[] samples = new int[profile.Samples.Count];
        for (int i = 0; i < samples.Length; i++)
            samples[next[profile.Samples[i].Thread]++] = i;
        return (samples, first);
    }
}
