using Tmds.Linux;

namespace ForkFollow.Native;

/// <summary>sys/pidfd.h and linux/pidfd.h.</summary>
public static unsafe partial class Linux
{
    private const int SYS_pidfd_open = 434;
    private const int PidfdInfoSize = 64; // PIDFD_INFO_SIZE_VER0
    private const int PidfdInfoExitCode = 60; // the offset of exit_code
    private const int PIDFD_GET_INFO = unchecked((int)0xC000_FF0B) | (PidfdInfoSize << 16);
    private const ulong PIDFD_INFO_EXIT = 8;

    /// <summary>pidfd_open(2) for a process; closed on exec.</summary>
    /// <returns>A descriptor that poll(2) finds readable once the process is dead; or -1 with errno (ESRCH, EMFILE).</returns>
    public static int pidfd_open(int pid) => (int)LibC.syscall(SYS_pidfd_open, pid, 0);

    /// <summary>How a dead process has ended, also once it has been reaped. Linux 6.15 or newer.</summary>
    /// <param name="pidfd">Opened while it was not reaped.</param>
    /// <param name="status">The word that waitpid(2) gives.</param>
    /// <returns>False if it is not dead, or the kernel does not tell.</returns>
    public static bool TryGetExit(int pidfd, out int status)
    {
        ulong* info = stackalloc ulong[PidfdInfoSize / sizeof(ulong)];
        new Span<byte>(info, PidfdInfoSize).Clear();
        info[0] = PIDFD_INFO_EXIT;
        bool told = LibC.ioctl(pidfd, PIDFD_GET_INFO, (void*)info) == 0 && (info[0] & PIDFD_INFO_EXIT) != 0;
        status = told ? *(int*)((byte*)info + PidfdInfoExitCode) : 0;
        return told;
    }
}
