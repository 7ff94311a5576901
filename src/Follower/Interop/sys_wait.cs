using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

/// <summary>idtype_t of waitid(2).</summary>
internal enum IdType
{
    P_ALL = 0,
    P_PID = 1,
}

/// <summary>Options of the wait calls, by their value in bits/waitflags.h.</summary>
[Flags]
internal enum WaitOptions
{
    None = 0,
    WNOHANG = 1,
    WSTOPPED = 2,
    WEXITED = 4,
    WNOWAIT = 0x01000000,
    __WNOTHREAD = 0x20000000,
    __WALL = 0x40000000,
}

internal static unsafe partial class LibC
{
    // si_code of a SIGCHLD (bits/siginfo-consts.h).
    internal const int CLD_EXITED = 1;
    internal const int CLD_KILLED = 2;
    internal const int CLD_DUMPED = 3;
    internal const int CLD_TRAPPED = 4;
    internal const int CLD_STOPPED = 5;

    /// <summary>waitid(2). With WNOHANG and nothing to report it returns 0 and leaves si_pid 0.</summary>
    /// <returns>0, or -1 with errno (ECHILD: nobody left to wait for; EINTR).</returns>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitid(IdType idtype, int id, siginfo_t* infop, WaitOptions options);

    /// <summary>wait4(2).</summary>
    /// <returns>The tid, 0 (WNOHANG and nothing to report), or -1 with errno.</returns>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int wait4(int pid, int* wstatus, WaitOptions options, rusage* rusage);
}

/// <summary>The part of siginfo_t that a SIGCHLD fills; 128 bytes on every 64-bit Linux.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct siginfo_t
{
    [FieldOffset(8)] internal int si_code;
    [FieldOffset(16)] internal int si_pid;
    [FieldOffset(24)] internal int si_status;
}
