using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>A kernel that refuses the n-th request with an errno that nobody expects.</summary>
internal sealed class FaultyKernel(FakeKernel inner, int refused, int times = 1) : IKernel
{
    private int _calls;
    private bool _begun;

    /// <summary>Which request was refused; null if there were not so many.</summary>
    internal string? Refused { get; private set; }

    /// <summary>Requests are counted from here on.</summary>
    internal void Begin() => _begun = true;

    public int TracerTid => inner.TracerTid;

    public PeekResult Peek(bool block, out int tid, out WaitStatus status)
    {
        Count("waitid", 0);
        return inner.Peek(block, out tid, out status);
    }

    public bool PeekOne(int tid, out WaitStatus status)
    {
        Count("waitid of one", tid);
        return inner.PeekOne(tid, out status);
    }

    public bool ConsumeStop(int tid)
    {
        Count("waitid without WNOWAIT", tid);
        return inner.ConsumeStop(tid);
    }

    public bool Reap(int tid, out rusage usage)
    {
        Count("wait4", tid);
        return inner.Reap(tid, out usage);
    }

    public bool Continue(int tid, int signal)
    {
        Count("PTRACE_CONT", tid);
        return inner.Continue(tid, signal);
    }

    public bool Listen(int tid)
    {
        Count("PTRACE_LISTEN", tid);
        return inner.Listen(tid);
    }

    public bool Detach(int tid, int signal)
    {
        Count("PTRACE_DETACH", tid);
        return inner.Detach(tid, signal);
    }

    public bool Interrupt(int tid)
    {
        Count("PTRACE_INTERRUPT", tid);
        return inner.Interrupt(tid);
    }

    public bool SetOptions(int tid, PtraceOptions options)
    {
        Count("PTRACE_SETOPTIONS", tid);
        return inner.SetOptions(tid, options);
    }

    public bool GetEventMessage(int tid, out long message)
    {
        Count("PTRACE_GETEVENTMSG", tid);
        return inner.GetEventMessage(tid, out message);
    }

    public int Seize(int tid, PtraceOptions options) => Hit("PTRACE_SEIZE") ? Linux.EPERM : inner.Seize(tid, options);

    public bool IsThreadOf(int pid, int tid) => inner.IsThreadOf(pid, tid);

    public void Kill(int pid) => inner.Kill(pid);

    public ProcOutcome ReadStatus(int tid, out ProcStatus status)
    {
        status = default;
        return Hit("/proc/TID/status") ? ProcOutcome.Exhausted : inner.ReadStatus(tid, out status);
    }

    public bool ReadUsage(int pid, out UsageSample sample)
    {
        sample = default;
        return !Hit("/proc/PID/stat") && inner.ReadUsage(pid, out sample);
    }

    public ExecView ReadImage(int pid)
    {
        Count("/proc/PID/exe", pid);
        return inner.ReadImage(pid);
    }

    public ExecView ReadRunningImage(int pid) => inner.ReadRunningImage(pid);

    public bool TakesPrivileges(int pid) => inner.TakesPrivileges(pid);

    public string ReadName(int pid) => inner.ReadName(pid);

    public bool IsDumpable(int pid) => inner.IsDumpable(pid);

    public bool IsInit(int pid) => inner.IsInit(pid);

    public bool IsFatalFault(int pid, int tid, int signal)
    {
        Count("PTRACE_GETSIGINFO", tid);
        return inner.IsFatalFault(pid, tid, signal);
    }

    public bool WatchEnd(int pid, Action<WaitStatus?> ended) => !Hit("pidfd_open") && inner.WatchEnd(pid, ended);

    public void Pause() => inner.Pause();

    public void ReadChildren(int pid, int tid, List<int> children) => inner.ReadChildren(pid, tid, children);

    public void ReadThreads(int pid, List<int> threads) => inner.ReadThreads(pid, threads);

    public void Yield() => inner.Yield();

    public long Now() => inner.Now();

    public long ReadStart(int pid) => inner.ReadStart(pid);

    public long ToTimestamp(long start) => inner.ToTimestamp(start);

    private void Count(string request, int tid)
    {
        if (Hit(request))
            throw new KernelException(request, tid, Linux.EPERM);
    }

    private bool Hit(string request)
    {
        if (!_begun)
            return false;
        _calls++;
        if (_calls < refused || _calls >= refused + times)
            return false;
        Refused = request;
        return true;
    }
}
