using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>A kernel without processes: a table of tasks, and a log of what was asked for.</summary>
internal sealed class FakeKernel : IKernel
{
    internal const int Tracer = 1;

    private readonly Dictionary<int, ProcStatus> _tasks = [];
    private readonly List<(int Tid, WaitStatus Status)> _reports = [];
    private readonly Dictionary<int, int> _seizeErrors = [];
    private readonly Dictionary<int, string> _children = [];
    private long _now;

    /// <summary>Every request, in order: <c>CONT 10</c>, <c>CONT 10 SIGUSR1</c>, <c>LISTEN 10</c> …</summary>
    internal List<string> Log { get; } = [];

    /// <summary>Tids whose requests fail with ESRCH: they are dying.</summary>
    internal HashSet<int> Dying { get; } = [];

    internal Dictionary<int, long> Messages { get; } = [];

    internal Dictionary<int, rusage> Usages { get; } = [];

    internal Dictionary<int, UsageSample> Samples { get; } = [];

    /// <summary>When they were born; others at 1.</summary>
    internal Dictionary<int, long> Starts { get; } = [];

    /// <summary>Tids that belong to another process by the time that they are seized, and to which.</summary>
    internal Dictionary<int, int> ChangesHands { get; } = [];

    internal Action<int>? OnSeize { get; set; }

    /// <summary>No descriptor is left.</summary>
    internal bool ProcIsUnreadable { get; set; }

    /// <summary>Who has stopped or died and was not answered.</summary>
    internal HashSet<int> Unanswered { get; } = [];

    /// <summary>A callback for when the thread would block: the test's chance to act.</summary>
    internal Action? OnBlock { get; set; }

    /// <summary>Another thread's chance to run.</summary>
    internal Action? OnYield { get; set; }

    public int TracerTid => Tracer;

    internal void AddProcess(int pid, int parent = 0, bool zombie = false, int tracer = 0) =>
        _tasks[pid] = new() { Tgid = pid, ParentPid = parent, IsZombie = zombie, TracerPid = tracer };

    internal void AddThread(int tid, int pid, bool zombie = false) =>
        _tasks[tid] = new() { Tgid = pid, ParentPid = _tasks[pid].ParentPid, IsZombie = zombie };

    internal void SetChildren(int tid, params int[] children) => _children[tid] = string.Join(' ', children);

    internal void RefuseSeize(int tid, int errno) => _seizeErrors[tid] = errno;

    internal void Remove(int tid) => _tasks.Remove(tid);

    internal void Report(int tid, WaitStatus status) => _reports.Add((tid, status));

    public PeekResult Peek(bool block, out int tid, out WaitStatus status)
    {
        tid = 0;
        status = default;
        if (block && _reports.Count == 0)
        {
            OnBlock?.Invoke();
            return OnBlock is null ? PeekResult.NoTracees : PeekResult.Interrupted;
        }

        if (_reports.Count == 0)
            return PeekResult.Nothing;
        (tid, status) = _reports[0];
        _reports.RemoveAt(0);
        Unanswered.Add(tid);
        return PeekResult.Found;
    }

    public bool PeekOne(int tid, out WaitStatus status)
    {
        int index = _reports.FindIndex(report => report.Tid == tid);
        status = index < 0 ? default : _reports[index].Status;
        if (index >= 0)
        {
            _reports.RemoveAt(index);
            Unanswered.Add(tid);
        }

        return index >= 0;
    }

    public bool ConsumeStop(int tid) => Do($"HOLD {tid}", tid);

    public bool Reap(int tid, out rusage usage)
    {
        usage = Usages.GetValueOrDefault(tid);
        Log.Add($"REAP {tid}");
        Unanswered.Remove(tid);
        _tasks.Remove(tid);
        return true;
    }

    public bool Continue(int tid, int signal) =>
        Answer(signal == 0 ? $"CONT {tid}" : $"CONT {tid} {Signals.Name(signal)}", tid);

    public bool Listen(int tid) => Answer($"LISTEN {tid}", tid);

    public bool Detach(int tid, int signal) =>
        Answer(signal == 0 ? $"DETACH {tid}" : $"DETACH {tid} {Signals.Name(signal)}", tid);

    public bool Interrupt(int tid) => Do($"INTERRUPT {tid}", tid);

    public bool SetOptions(int tid, PtraceOptions options) =>
        Do($"OPTIONS {tid} {(options.HasFlag(PtraceOptions.PTRACE_O_TRACEEXIT) ? "exit" : "base")}", tid);

    public bool GetEventMessage(int tid, out long message)
    {
        message = 0;
        return !Dying.Contains(tid) && Messages.Remove(tid, out message);
    }

    public int Seize(int tid, PtraceOptions options)
    {
        if (_seizeErrors.TryGetValue(tid, out int errno))
            return errno;
        if (!_tasks.TryGetValue(tid, out ProcStatus status))
            return Linux.ESRCH;
        if (status.IsZombie)
            return Linux.EPERM;
        Log.Add($"SEIZE {tid}");
        OnSeize?.Invoke(tid);
        status.TracerPid = Tracer;
        status.Tgid = ChangesHands.GetValueOrDefault(tid, status.Tgid);
        _tasks[tid] = status;
        return 0;
    }

    public bool IsThreadOf(int pid, int tid) => _tasks.TryGetValue(tid, out ProcStatus status) && status.Tgid == pid;

    public void Kill(int pid) => Log.Add($"KILL {pid}");

    public ProcOutcome ReadStatus(int tid, out ProcStatus status)
    {
        bool there = _tasks.TryGetValue(tid, out status);
        if (!ProcIsUnreadable)
            return there ? ProcOutcome.Read : ProcOutcome.Gone;
        status = default;
        return ProcOutcome.Exhausted;
    }


    public bool ReadUsage(int pid, out UsageSample sample)
    {
        sample = Samples.GetValueOrDefault(pid);
        return _tasks.ContainsKey(pid);
    }

    public ExecView ReadImage(int pid) => new("/bin/prog"u8, CommandLine, "prog"u8);

    internal byte[] CommandLine { get; set; } = [.. "prog\0-x\0"u8];

    public ExecView ReadRunningImage(int pid) => ReadImage(pid);

    public bool TakesPrivileges(int pid) => false;

    public bool IsDumpable(int pid) => true;

    /// <summary>Inits of pid namespaces.</summary>
    internal HashSet<int> Inits { get; } = [];

    /// <summary>Who handles its faults, or has them sent.</summary>
    internal HashSet<int> HandlesFaults { get; } = [];

    /// <summary>Who is watched, and what is to be called at its end.</summary>
    internal Dictionary<int, Action<WaitStatus?>> Watches { get; } = [];

    internal bool CannotWatch { get; set; }

    public bool IsInit(int pid) => Inits.Contains(pid);

    public bool IsFatalFault(int pid, int tid, int signal) => !HandlesFaults.Contains(pid);

    public bool WatchEnd(int pid, Action<WaitStatus?> ended)
    {
        Log.Add($"WATCH {pid}");
        return !CannotWatch && Watches.TryAdd(pid, ended);
    }

    public void Pause() => OnBlock?.Invoke();

    public void ReadChildren(int pid, int tid, List<int> children)
    {
        if (_children.TryGetValue(tid, out string? list))
            children.AddRange(list.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
    }

    public void ReadThreads(int pid, List<int> threads) =>
        threads.AddRange(_tasks.Where(task => task.Value.Tgid == pid).Select(task => task.Key).Order());

    public void Yield() => OnYield?.Invoke();

    public long Now() => _now += 1_000;

    public string ReadName(int pid) => "prog";

    public long ReadStart(int pid) => Starts.GetValueOrDefault(pid, 1);

    public long ToTimestamp(long start) => start;

    private bool Answer(string request, int tid)
    {
        Unanswered.Remove(tid);
        return Do(request, tid);
    }

    private bool Do(string request, int tid)
    {
        Log.Add(Dying.Contains(tid) ? request + " ESRCH" : request);
        return !Dying.Contains(tid);
    }
}
