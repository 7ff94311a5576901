using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

internal static unsafe partial class LibC
{
    internal const int RLIMIT_NOFILE = 7;

    /// <summary>prlimit(2). Returns 0, or -1 with errno (EPERM, ESRCH).</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int prlimit(int pid, int resource, rlimit* newLimit, rlimit* oldLimit);
}

[StructLayout(LayoutKind.Sequential)]
internal struct timeval
{
    internal long tv_sec;
    internal long tv_usec;

    internal readonly long Nanoseconds => (tv_sec * 1_000_000_000) + (tv_usec * 1_000);
}

/// <summary>struct rusage: 16 longs after the two times, of which Linux fills these.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct rusage
{
    [FieldOffset(0)] internal timeval ru_utime;
    [FieldOffset(16)] internal timeval ru_stime;
    [FieldOffset(32)] internal long ru_maxrss;
    [FieldOffset(64)] internal long ru_minflt;
    [FieldOffset(72)] internal long ru_majflt;
    [FieldOffset(128)] internal long ru_nvcsw;
    [FieldOffset(136)] internal long ru_nivcsw;
}

[StructLayout(LayoutKind.Sequential)]
internal struct rlimit
{
    internal ulong rlim_cur;
    internal ulong rlim_max;
}
