using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

/// <summary>enum perf_type_id.</summary>
internal enum PerfType : uint
{
    PERF_TYPE_HARDWARE = 0,
    PERF_TYPE_SOFTWARE = 1,
}

/// <summary>Bits of the flag word of struct perf_event_attr, from disabled on.</summary>
[Flags]
internal enum PerfAttrFlags : ulong
{
    None = 0,
    disabled = 1UL << 0,
    inherit = 1UL << 1,
    exclude_kernel = 1UL << 5,
    exclude_hv = 1UL << 6,

    /// <summary>Since 5.13: only threads inherit, not child processes.</summary>
    inherit_thread = 1UL << 35,
}

/// <summary>enum perf_event_read_format.</summary>
[Flags]
internal enum PerfReadFormat : ulong
{
    None = 0,
    PERF_FORMAT_TOTAL_TIME_ENABLED = 1,
    PERF_FORMAT_TOTAL_TIME_RUNNING = 2,
    PERF_FORMAT_GROUP = 8,
}

/// <summary>The part of struct perf_event_attr that counting needs; PERF_ATTR_SIZE_VER7.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct perf_event_attr
{
    internal const int PERF_ATTR_SIZE_VER7 = 128;

    [FieldOffset(0)] internal PerfType type;
    [FieldOffset(4)] internal uint size;
    [FieldOffset(8)] internal ulong config;
    [FieldOffset(32)] internal PerfReadFormat read_format;
    [FieldOffset(40)] internal PerfAttrFlags flags;
}

internal static unsafe partial class LibC
{
    internal const ulong PERF_COUNT_HW_CPU_CYCLES = 0;
    internal const ulong PERF_COUNT_HW_INSTRUCTIONS = 1;
    internal const ulong PERF_COUNT_HW_CACHE_MISSES = 3;
    internal const ulong PERF_COUNT_HW_BRANCH_MISSES = 5;
    internal const ulong PERF_COUNT_SW_TASK_CLOCK = 1;
    internal const ulong PERF_COUNT_SW_PAGE_FAULTS = 2;
    internal const ulong PERF_COUNT_SW_CONTEXT_SWITCHES = 3;
    internal const ulong PERF_COUNT_SW_CPU_MIGRATIONS = 4;
    internal const ulong PERF_COUNT_SW_DUMMY = 9;
    internal const ulong PERF_FLAG_FD_CLOEXEC = 8;

    /// <summary>The number of perf_event_open(2), which libc does not wrap.</summary>
    internal static nint SYS_perf_event_open => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 298,
        Architecture.Arm64 => 241,
        Architecture other => throw new PlatformNotSupportedException($"perf_event_open on {other}"),
    };

    /// <summary>perf_event_open(2). Returns a file descriptor, or -1 with errno.</summary>
    internal static int perf_event_open(perf_event_attr* attr, int pid, int cpu, int groupFd, ulong flags) =>
        (int)syscall(SYS_perf_event_open, attr, pid, cpu, groupFd, flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, perf_event_attr* attr, nint pid, nint cpu, nint groupFd, ulong flags);
}
