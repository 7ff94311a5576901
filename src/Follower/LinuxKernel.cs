using System.Diagnostics;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>The real kernel: ptrace(2) and wait(2). Belongs to the tracer thread.</summary>
internal sealed unsafe partial class LinuxKernel : IKernel, IDisposable
{
    /// <summary>
    /// Only our own tracees: without __WNOTHREAD the exit codes of children that other code of this process starts
    /// would be stolen. __WALL: threads and clone children too.
    /// </summary>
    private const WaitOptions Ours = WaitOptions.__WALL | WaitOptions.__WNOTHREAD;

    private const WaitOptions AnyReport = Ours | WaitOptions.WSTOPPED | WaitOptions.WEXITED | WaitOptions.WNOWAIT;

    private readonly ProcBuffer _proc = new();

    /// <summary>We may trace who gains privileges, so that set-id programs keep theirs.</summary>
    private readonly bool _sparesPrivileges;

    internal LinuxKernel() => _sparesPrivileges = HasSysPtrace(_proc);

    /// <inheritdoc/>
    public int TracerTid { get; } = Linux.gettid();

    /// <inheritdoc/>
    public void Dispose() => _proc.Dispose();

    /// <inheritdoc/>
    public PeekResult Peek(bool block, out int tid, out WaitStatus status)
    {
        sigchld_info info = default;
        tid = 0;
        status = default;
        WaitOptions options = block ? AnyReport : AnyReport | WaitOptions.WNOHANG;
        if (Linux.waitid(IdType.P_ALL, 0, &info, options) < 0)
        {
            return Linux.Errno switch
            {
                Linux.EINTR => PeekResult.Interrupted,
                Linux.ECHILD => PeekResult.NoTracees,
                int errno => throw new KernelException("waitid", 0, errno),
            };
        }

        if (info.si_pid == 0)
            return PeekResult.Nothing;
        tid = info.si_pid;
        status = WaitStatus.FromWaitId(info.si_code, info.si_status);
        return PeekResult.Found;
    }

    /// <inheritdoc/>
    public bool PeekOne(int tid, out WaitStatus status)
    {
        sigchld_info info = default;
        status = default;
        if (Linux.waitid(IdType.P_PID, tid, &info, AnyReport | WaitOptions.WNOHANG) < 0 || info.si_pid == 0)
            return false;
        status = WaitStatus.FromWaitId(info.si_code, info.si_status);
        return true;
    }

    /// <inheritdoc/>
    public bool ConsumeStop(int tid)
    {
        // Without WEXITED: if it was killed meanwhile, its death must stay reportable.
        sigchld_info info = default;
        int result = Linux.waitid(IdType.P_PID, tid, &info, Ours | WaitOptions.WSTOPPED | WaitOptions.WNOHANG);
        return result == 0 && info.si_pid != 0;
    }

    /// <inheritdoc/>
    public bool Reap(int tid, out rusage usage)
    {
        int status;
        fixed (rusage* target = &usage)
        {
            int reaped = Linux.wait4(tid, &status, Ours | WaitOptions.WNOHANG, target);
            return reaped >= 0 || Linux.Errno == Linux.ECHILD ? reaped == tid : throw new KernelException("wait4", tid, Linux.Errno);
        }
    }

    /// <inheritdoc/>
    public bool Continue(int tid, int signal) => Request(PtraceRequest.PTRACE_CONT, tid, signal);

    /// <inheritdoc/>
    public bool Listen(int tid)
    {
        // EIO: it is in no such stop any more (its last_siginfo is gone, ptrace_request in the kernel's ptrace.c), and but for us
        // only SIGKILL can have ended it.
        if (Linux.ptrace(PtraceRequest.PTRACE_LISTEN, tid, null, null) >= 0)
            return true;
        int errno = Linux.Errno;
        return errno is Linux.ESRCH or Linux.EIO ? false : throw new KernelException(nameof(PtraceRequest.PTRACE_LISTEN), tid, errno);
    }

    /// <inheritdoc/>
    public bool Detach(int tid, int signal) => Request(PtraceRequest.PTRACE_DETACH, tid, signal);

    /// <inheritdoc/>
    public bool Interrupt(int tid) => Request(PtraceRequest.PTRACE_INTERRUPT, tid, 0);

    /// <inheritdoc/>
    public bool SetOptions(int tid, PtraceOptions options) => Request(PtraceRequest.PTRACE_SETOPTIONS, tid, (nint)options);

    /// <inheritdoc/>
    public bool GetEventMessage(int tid, out long message)
    {
        nuint value = 0;
        bool known = Request(PtraceRequest.PTRACE_GETEVENTMSG, tid, (nint)(&value));
        message = (long)value;
        return known;
    }

    /// <inheritdoc/>
    public int Seize(int tid, PtraceOptions options) =>
        Linux.ptrace(PtraceRequest.PTRACE_SEIZE, tid, null, (void*)(nint)options) < 0 ? Linux.Errno : 0;

    /// <inheritdoc/>
    public bool IsThreadOf(int pid, int tid) =>
        Linux.tgkill(pid, tid, 0) == 0 || Linux.Errno != Linux.ESRCH;

    /// <inheritdoc/>
    public void Kill(int pid) => _ = LibC.kill(pid, Linux.SIGKILL);

    /// <inheritdoc/>
    public void Yield() => _ = LibC.sched_yield();

    /// <inheritdoc/>
    public long Now() => Stopwatch.GetTimestamp();

    private static bool Request(PtraceRequest request, int tid, nint data)
    {
        if (Linux.ptrace(request, tid, null, (void*)data) >= 0)
            return true;
        int errno = Linux.Errno;
        return errno == Linux.ESRCH ? false : throw new KernelException(request.ToString(), tid, errno);
    }
}
