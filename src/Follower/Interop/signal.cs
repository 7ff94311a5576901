using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

internal static unsafe partial class LibC
{
    internal const int SIGINT = 2;
    internal const int SIGTRAP = 5;
    internal const int SIGKILL = 9;
    internal const int SIGPIPE = 13;
    internal const int SIGTERM = 15;
    internal const int SIGCONT = 18;
    internal const int SIGSTOP = 19;
    internal const int SIGTSTP = 20;
    internal const int SIGTTIN = 21;
    internal const int SIGTTOU = 22;

    /// <summary>The last real-time signal: nobody else in a .NET process uses it (the runtime takes SIGRTMIN).</summary>
    internal const int SIGRTMAX = 64;

    /// <summary>kill(2). Returns 0, or -1 with errno (ESRCH, EPERM).</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kill(int pid, int sig);

    /// <summary>tgkill(2): only if the thread belongs to that thread group. Signal 0 only asks.</summary>
    /// <returns>0, or -1 with errno (ESRCH: no such thread in that group; EPERM: there is one, not ours to signal).</returns>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int tgkill(int tgid, int tid, int sig);

    /// <summary>sigaction(2) as libc has it. Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int sigaction(int signum, sigaction_t* act, sigaction_t* oldact);
}

/// <summary>sigset_t: 1024 bits.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal unsafe struct sigset_t
{
    private fixed ulong _bits[16];

    internal void Add(int signal) => _bits[(signal - 1) / 64] |= 1UL << ((signal - 1) % 64);
}

/// <summary>struct sigaction of glibc and musl on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct sigaction_t
{
    internal nint sa_handler;
    internal sigset_t sa_mask;
    internal int sa_flags;
    internal nint sa_restorer;
}
