using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ForkFollow.Native;

/// <summary>struct sigaction as the kernel has it, on x86-64 and arm64.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct kernel_sigaction
{
    public nint handler;
    public ulong flags;
    public nint restorer;
    public ulong mask;
}

public static unsafe partial class Linux
{
    // Constants where Tmds.LibC has properties: patterns need constants.
    public const int SIGINT = 2;
    public const int SIGILL = 4;
    public const int SIGTRAP = 5;
    public const int SIGBUS = 7;
    public const int SIGFPE = 8;
    public const int SIGKILL = 9;
    public const int SIGSEGV = 11;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTSTP = 20;
    public const int SIGTTIN = 21;
    public const int SIGTTOU = 22;

    /// <summary>The last real-time signal: nobody else in a .NET process uses it (the runtime takes SIGRTMIN).</summary>
    public const int SIGRTMAX = 64;

    /// <summary>The handler of a signal that is ignored.</summary>
    public const int SIG_IGN = 1;

    private static int SYS_rt_sigaction => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 13,
        Architecture.Arm64 => 134,
        _ => throw new PlatformNotSupportedException("rt_sigaction: the number of the system call is known for x86-64 and arm64"),
    };

    /// <summary>tgkill(2): only if the thread belongs to that thread group. Signal 0 only asks. glibc has it since 2.30.</summary>
    /// <returns>0, or -1 with errno (ESRCH: no such thread in that group; EPERM: there is one, not ours to signal).</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int tgkill(int tgid, int tid, int sig);

    /// <summary>
    /// rt_sigaction(2) by itself, for all signals: sigaction(3) refuses the two that libc keeps for itself.
    /// </summary>
    /// <returns>0, or -1 with errno (EINVAL: no such signal, or SIGKILL or SIGSTOP).</returns>
    public static int rt_sigaction(int signal, kernel_sigaction* action, kernel_sigaction* old) =>
        (int)LibC.syscall(SYS_rt_sigaction, signal, action, old, sizeof(ulong));

    /// <summary>Adds a signal to a set, also those two that sigaddset(3) refuses since libc keeps them for itself.</summary>
    public static void Add(this ref sigset_t set, int signal)
    {
        fixed (sigset_t* bits = &set)
            ((ulong*)bits)[(signal - 1) / 64] |= 1UL << ((signal - 1) % 64);
    }
}
