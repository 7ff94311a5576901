using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ForkFollow.Native;

public static unsafe partial class Linux
{
    // Constants where Tmds.LibC has properties: patterns need constants.
    public const int SIGINT = 2;
    public const int SIGTRAP = 5;
    public const int SIGKILL = 9;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTSTP = 20;
    public const int SIGTTIN = 21;
    public const int SIGTTOU = 22;

    /// <summary>The last real-time signal: nobody else in a .NET process uses it (the runtime takes SIGRTMIN).</summary>
    public const int SIGRTMAX = 64;

    /// <summary>tgkill(2): only if the thread belongs to that thread group. Signal 0 only asks. glibc has it since 2.30.</summary>
    /// <returns>0, or -1 with errno (ESRCH: no such thread in that group; EPERM: there is one, not ours to signal).</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int tgkill(int tgid, int tid, int sig);

    /// <summary>Adds a signal to a set, also those two that sigaddset(3) refuses since libc keeps them for itself.</summary>
    public static void Add(this ref sigset_t set, int signal)
    {
        fixed (sigset_t* bits = &set)
            ((ulong*)bits)[(signal - 1) / 64] |= 1UL << ((signal - 1) % 64);
    }
}
