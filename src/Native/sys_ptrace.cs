using System.Runtime.InteropServices;

namespace ForkFollow.Native;

/// <summary>Requests of ptrace(2), by their value in sys/ptrace.h.</summary>
public enum PtraceRequest
{
    PTRACE_CONT = 7,
    PTRACE_DETACH = 17,
    PTRACE_SETOPTIONS = 0x4200,
    PTRACE_GETEVENTMSG = 0x4201,
    PTRACE_GETSIGINFO = 0x4202,
    PTRACE_SEIZE = 0x4206,
    PTRACE_INTERRUPT = 0x4207,
    PTRACE_LISTEN = 0x4208,
}

/// <summary>Options of PTRACE_SEIZE and PTRACE_SETOPTIONS, by their value in sys/ptrace.h.</summary>
[Flags]
public enum PtraceOptions
{
    None = 0,
    PTRACE_O_TRACESYSGOOD = 0x1,
    PTRACE_O_TRACEFORK = 0x2,
    PTRACE_O_TRACEVFORK = 0x4,
    PTRACE_O_TRACECLONE = 0x8,
    PTRACE_O_TRACEEXEC = 0x10,
    PTRACE_O_TRACEEXIT = 0x40,
    PTRACE_O_EXITKILL = 0x100000,
}

/// <summary>Events in bits 16 and up of a wait status, by their value in sys/ptrace.h.</summary>
public enum PtraceEvent
{
    None = 0,
    PTRACE_EVENT_FORK = 1,
    PTRACE_EVENT_VFORK = 2,
    PTRACE_EVENT_CLONE = 3,
    PTRACE_EVENT_EXEC = 4,
    PTRACE_EVENT_VFORK_DONE = 5,
    PTRACE_EVENT_EXIT = 6,
    PTRACE_EVENT_SECCOMP = 7,
    PTRACE_EVENT_STOP = 128,
}

public static unsafe partial class Linux
{
    /// <summary>
    /// ptrace(2). glibc declares it variadic; on the Linux ABIs that .NET runs on, integer and pointer arguments of a
    /// variadic call travel in the same registers as those of a plain one.
    /// </summary>
    /// <returns>0, or -1 with errno (ESRCH: the tracee is dying or not stopped; EPERM: seize refused).</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial nint ptrace(PtraceRequest request, int pid, void* addr, void* data);
}
