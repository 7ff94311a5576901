using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ForkFollow.Native;

/// <summary>Which of a process's clocks: the low two bits of a CPU clock id (linux/posix-timers.h).</summary>
public enum CpuClock
{
    /// <summary>User and system time, counted in ticks.</summary>
    CPUCLOCK_PROF = 0,

    /// <summary>User time, counted in ticks.</summary>
    CPUCLOCK_VIRT = 1,

    /// <summary>Time on a CPU as the scheduler accounts it, to the nanosecond.</summary>
    CPUCLOCK_SCHED = 2,
}

public static unsafe partial class Linux
{
    public const int CLOCK_BOOTTIME = 7;

    /// <summary>clock_gettime(2). Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int clock_gettime(int clockid, timespec* tp);

    /// <summary>The id of a CPU clock of another process (MAKE_PROCESS_CPUCLOCK of the kernel); a zombie has one too.</summary>
    public static int ProcessCpuClock(int pid, CpuClock clock) => (~pid << 3) | (int)clock;

    /// <summary>A time in nanoseconds.</summary>
    public static long Nanoseconds(this timespec time) => ((long)time.tv_sec * 1_000_000_000) + (long)time.tv_nsec;
}
