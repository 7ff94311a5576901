using System.Runtime.InteropServices;

namespace ForkFollow.Native;

/// <summary>idtype_t of waitid(2).</summary>
public enum IdType
{
    P_ALL = 0,
    P_PID = 1,
}

/// <summary>Options of the wait calls, by their value in bits/waitflags.h.</summary>
[Flags]
public enum WaitOptions
{
    None = 0,
    WNOHANG = 1,
    WSTOPPED = 2,
    WEXITED = 4,
    WNOWAIT = 0x01000000,
    __WNOTHREAD = 0x20000000,
    __WALL = 0x40000000,
}

/// <summary>
/// The part of siginfo_t that a SIGCHLD fills; 128 bytes on every 64-bit Linux. Our own: the siginfo_t of Tmds.LibC 0.5.0 has
/// si_code and si_errno the wrong way round (as MIPS has them).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct sigchld_info
{
    [FieldOffset(8)] public int si_code;
    [FieldOffset(16)] public int si_pid;
    [FieldOffset(24)] public int si_status;
}

public static unsafe partial class Linux
{
    // si_code of a SIGCHLD (bits/siginfo-consts.h), as constants for patterns.
    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;
    public const int CLD_TRAPPED = 4;
    public const int CLD_STOPPED = 5;

    /// <summary>waitid(2). With WNOHANG and nothing to report it returns 0 and leaves si_pid 0.</summary>
    /// <returns>0, or -1 with errno (ECHILD: nobody left to wait for; EINTR).</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int waitid(IdType idtype, int id, sigchld_info* infop, WaitOptions options);

    /// <summary>wait4(2).</summary>
    /// <returns>The tid, 0 (WNOHANG and nothing to report), or -1 with errno.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int wait4(int pid, int* wstatus, WaitOptions options, rusage* rusage);
}
