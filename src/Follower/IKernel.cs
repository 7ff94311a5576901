using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>What a look for stopped or dead tracees found.</summary>
internal enum PeekResult
{
    /// <summary>A tracee stopped or died.</summary>
    Found,

    /// <summary>Nobody has anything to report (only when not asked to block).</summary>
    Nothing,

    /// <summary>A signal woke us: there may be work in the mailbox.</summary>
    Interrupted,

    /// <summary>The thread has no tracee and no child left.</summary>
    NoTracees,
}

/// <summary>
/// The kernel as the tracer thread sees it: one seam, so that transcripts can be replayed without processes. All
/// calls come from the tracer thread. A request that returns false met a tracee that is dying (ESRCH): its death will
/// be reported by a later peek. Any other failure throws <see cref="KernelException"/>.
/// </summary>
internal interface IKernel
{
    /// <summary>The tracer thread's own id: the TracerPid of its tracees.</summary>
    int TracerTid { get; }

    /// <summary>Looks for a tracee that stopped or died, and leaves it reportable (WNOWAIT).</summary>
    PeekResult Peek(bool block, out int tid, out WaitStatus status);

    /// <summary>The same for one tracee, without blocking.</summary>
    bool PeekOne(int tid, out WaitStatus status);

    /// <summary>Takes the stop of a tracee off the report, since it will be held. False if it is dying.</summary>
    bool ConsumeStop(int tid);

    /// <summary>Reaps a dead tracee. False if somebody else has reaped it.</summary>
    bool Reap(int tid, out rusage usage);

    bool Continue(int tid, int signal);

    bool Listen(int tid);

    bool Detach(int tid, int signal);

    bool Interrupt(int tid);

    bool SetOptions(int tid, PtraceOptions options);

    /// <summary>The message of the event that the tracee is stopped at.</summary>
    bool GetEventMessage(int tid, out long message);

    /// <summary>Seizes a thread. Returns 0 or an errno.</summary>
    int Seize(int tid, PtraceOptions options);

    /// <summary>Whether the thread belongs to that process; true for a zombie too.</summary>
    bool IsThreadOf(int pid, int tid);

    /// <summary>Sends SIGKILL to a process.</summary>
    void Kill(int pid);

    /// <summary>/proc/TID/status. Only Gone says something of the thread: that it is reaped.</summary>
    ProcOutcome ReadStatus(int tid, out ProcStatus status);

    /// <summary>The process's own use until now; it may be a zombie. False if it is gone.</summary>
    bool ReadUsage(int pid, out UsageSample sample);

    /// <summary>The program that the process has just executed, while it is stopped for it; valid until the next call.</summary>
    ExecView ReadImage(int pid);

    /// <summary>
    /// The same of a process that runs, without its command line: whoever hangs in mmap(2) on a dead file server has that locked, and
    /// this thread must not wait for it.
    /// </summary>
    ExecView ReadRunningImage(int pid);

    /// <summary>Its name, at most 15 characters; empty if it is gone.</summary>
    string ReadName(int pid);

    /// <summary>Whether that program is set-uid or set-gid to somebody who the process is not, because of us.</summary>
    /// <remarks>Of the program that <see cref="ReadImage"/> has read last.</remarks>
    bool TakesPrivileges(int pid);

    /// <summary>Whether the real and effective ids of a process are the same; true if it is gone.</summary>
    bool IsDumpable(int pid);

    /// <summary>Whether it is process 1 of its pid namespace; false if it is gone.</summary>
    bool IsInit(int pid);

    /// <summary>
    /// Whether the signal that a thread of a process is stopped for was made by the kernel for what the thread did itself, and has no
    /// handler: then it is bound to end the process.
    /// </summary>
    bool IsFatalFault(int pid, int tid, int signal);

    /// <summary>Calls back, once, on another thread, when a process that is not traced has ended: with how, or null if that is not told.</summary>
    /// <returns>False if it cannot be watched; then there is no call.</returns>
    bool WatchEnd(int pid, Action<WaitStatus?> ended);

    /// <summary>Blocks until a signal comes: while nobody is traced, but somebody watched.</summary>
    void Pause();

    /// <summary>The children of one thread of a process, appended.</summary>
    void ReadChildren(int pid, int tid, List<int> children);

    /// <summary>The threads of a process, appended.</summary>
    void ReadThreads(int pid, List<int> threads);

    /// <summary>Lets another thread that waits for this CPU run first.</summary>
    void Yield();

    /// <summary>CLOCK_MONOTONIC, nanoseconds.</summary>
    long Now();

    /// <summary>When the process was born, in clock ticks since boot (field 22 of /proc/PID/stat); 0 if it is gone.</summary>
    long ReadStart(int pid);

    /// <summary>The same as <see cref="Now"/> counts.</summary>
    long ToTimestamp(long start);
}

/// <summary>The lines of /proc/PID/status that following needs.</summary>
internal struct ProcStatus
{
    internal int Tgid;
    internal int ParentPid;
    internal int TracerPid;
    internal uint Uid;
    internal long PeakRssBytes;
    internal Switches Switches;
    internal bool IsZombie;
    internal bool IsKernelThread;
}

/// <summary>A kernel request failed in a way that following does not expect.</summary>
internal sealed class KernelException : Exception
{
    internal KernelException(string request, int tid, int errno)
        : base($"{request} of {tid} failed: {Linux.Describe(errno)} (errno {errno})")
    {
    }
}
