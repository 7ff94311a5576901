using System.Runtime.InteropServices;

namespace ForkFollow.Native;

public static unsafe partial class Linux
{
    public const int RLIMIT_NOFILE = 7;
    public const int RLIMIT_MEMLOCK = 8;

    /// <summary>prlimit(2). Returns 0, or -1 with errno (EPERM, ESRCH).</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int prlimit(int pid, int resource, rlimit* newLimit, rlimit* oldLimit);
}

[StructLayout(LayoutKind.Sequential)]
public struct timeval
{
    public long tv_sec;
    public long tv_usec;

    public readonly long Nanoseconds => (tv_sec * 1_000_000_000) + (tv_usec * 1_000);
}

/// <summary>struct rusage: 16 longs after the two times, of which Linux fills these.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
public struct rusage
{
    [FieldOffset(0)] public timeval ru_utime;
    [FieldOffset(16)] public timeval ru_stime;
    [FieldOffset(32)] public long ru_maxrss;
    [FieldOffset(64)] public long ru_minflt;
    [FieldOffset(72)] public long ru_majflt;
    [FieldOffset(128)] public long ru_nvcsw;
    [FieldOffset(136)] public long ru_nivcsw;
}

[StructLayout(LayoutKind.Sequential)]
public struct rlimit
{
    public ulong rlim_cur;
    public ulong rlim_max;
}
