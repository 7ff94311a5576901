using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ForkFollow.Native;

/// <summary>enum perf_type_id.</summary>
public enum PerfType : uint
{
    PERF_TYPE_HARDWARE = 0,
    PERF_TYPE_SOFTWARE = 1,
    PERF_TYPE_TRACEPOINT = 2,
    PERF_TYPE_HW_CACHE = 3,
    PERF_TYPE_RAW = 4,
}

/// <summary>enum perf_event_type: what a record in a ring is.</summary>
public enum PerfRecordType : uint
{
    PERF_RECORD_LOST = 2,
    PERF_RECORD_COMM = 3,
    PERF_RECORD_EXIT = 4,
    PERF_RECORD_THROTTLE = 5,
    PERF_RECORD_FORK = 7,
    PERF_RECORD_SAMPLE = 9,
    PERF_RECORD_MMAP2 = 10,
    PERF_RECORD_LOST_SAMPLES = 13,
    PERF_RECORD_SWITCH = 14,
}

/// <summary>enum perf_event_sample_format: what a sample holds, in the order of the kernel's perf_output_sample.</summary>
[Flags]
public enum PerfSampleFormat : ulong
{
    None = 0,
    PERF_SAMPLE_IP = 1 << 0,
    PERF_SAMPLE_TID = 1 << 1,
    PERF_SAMPLE_TIME = 1 << 2,
    PERF_SAMPLE_CALLCHAIN = 1 << 5,
    PERF_SAMPLE_RAW = 1 << 10,
    PERF_SAMPLE_REGS_USER = 1 << 12,
    PERF_SAMPLE_STACK_USER = 1 << 13,
    PERF_SAMPLE_IDENTIFIER = 1 << 16,
}

/// <summary>Bits of the flag word of struct perf_event_attr, from disabled on.</summary>
[Flags]
public enum PerfAttrFlags : ulong
{
    None = 0,
    disabled = 1UL << 0,
    inherit = 1UL << 1,
    exclude_user = 1UL << 4,
    exclude_kernel = 1UL << 5,
    exclude_hv = 1UL << 6,
    exclude_idle = 1UL << 7,
    mmap = 1UL << 8,
    comm = 1UL << 9,
    freq = 1UL << 10,
    task = 1UL << 13,
    watermark = 1UL << 14,
    sample_id_all = 1UL << 18,
    exclude_callchain_kernel = 1UL << 21,
    exclude_callchain_user = 1UL << 22,
    mmap2 = 1UL << 23,
    comm_exec = 1UL << 24,
    use_clockid = 1UL << 25,
    context_switch = 1UL << 26,

    /// <summary>Since 5.13: only threads inherit, not child processes.</summary>
    inherit_thread = 1UL << 35,
}

/// <summary>enum perf_event_read_format.</summary>
[Flags]
public enum PerfReadFormat : ulong
{
    None = 0,
    PERF_FORMAT_TOTAL_TIME_ENABLED = 1,
    PERF_FORMAT_TOTAL_TIME_RUNNING = 2,
    PERF_FORMAT_GROUP = 8,
    PERF_FORMAT_LOST = 16,
}

/// <summary>struct perf_event_attr up to PERF_ATTR_SIZE_VER7.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct perf_event_attr
{
    public const int PERF_ATTR_SIZE_VER7 = 128;

    [FieldOffset(0)] public PerfType type;
    [FieldOffset(4)] public uint size;
    [FieldOffset(8)] public ulong config;

    /// <summary>sample_period, or sample_freq with the flag freq.</summary>
    [FieldOffset(16)] public ulong sample_period;
    [FieldOffset(24)] public PerfSampleFormat sample_type;
    [FieldOffset(32)] public PerfReadFormat read_format;
    [FieldOffset(40)] public PerfAttrFlags flags;

    /// <summary>wakeup_events, or bytes with the flag watermark.</summary>
    [FieldOffset(48)] public uint wakeup_watermark;

    /// <summary>More of what the event is, where config is not enough.</summary>
    [FieldOffset(56)] public ulong config1;

    /// <summary>Still more of it.</summary>
    [FieldOffset(64)] public ulong config2;
    [FieldOffset(80)] public ulong sample_regs_user;
    [FieldOffset(88)] public uint sample_stack_user;
    [FieldOffset(92)] public int clockid;
}

/// <summary>struct perf_event_header.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct perf_event_header
{
    public PerfRecordType type;
    public ushort misc;
    public ushort size;
}

public static unsafe partial class Linux
{
    public const ulong PERF_COUNT_HW_CPU_CYCLES = 0;
    public const ulong PERF_COUNT_HW_INSTRUCTIONS = 1;
    public const ulong PERF_COUNT_HW_CACHE_REFERENCES = 2;
    public const ulong PERF_COUNT_HW_CACHE_MISSES = 3;
    public const ulong PERF_COUNT_HW_BRANCH_INSTRUCTIONS = 4;
    public const ulong PERF_COUNT_HW_BRANCH_MISSES = 5;
    public const ulong PERF_COUNT_HW_BUS_CYCLES = 6;
    public const ulong PERF_COUNT_HW_STALLED_CYCLES_FRONTEND = 7;
    public const ulong PERF_COUNT_HW_STALLED_CYCLES_BACKEND = 8;
    public const ulong PERF_COUNT_HW_REF_CPU_CYCLES = 9;
    public const ulong PERF_COUNT_HW_CACHE_L1D = 0;
    public const ulong PERF_COUNT_HW_CACHE_L1I = 1;
    public const ulong PERF_COUNT_HW_CACHE_LL = 2;
    public const ulong PERF_COUNT_HW_CACHE_DTLB = 3;
    public const ulong PERF_COUNT_HW_CACHE_ITLB = 4;
    public const ulong PERF_COUNT_HW_CACHE_BPU = 5;
    public const ulong PERF_COUNT_HW_CACHE_NODE = 6;
    public const ulong PERF_COUNT_HW_CACHE_OP_READ = 0;
    public const ulong PERF_COUNT_HW_CACHE_OP_WRITE = 1;
    public const ulong PERF_COUNT_HW_CACHE_OP_PREFETCH = 2;
    public const ulong PERF_COUNT_HW_CACHE_RESULT_ACCESS = 0;
    public const ulong PERF_COUNT_HW_CACHE_RESULT_MISS = 1;
    public const ulong PERF_COUNT_SW_CPU_CLOCK = 0;
    public const ulong PERF_COUNT_SW_TASK_CLOCK = 1;
    public const ulong PERF_COUNT_SW_PAGE_FAULTS = 2;
    public const ulong PERF_COUNT_SW_CONTEXT_SWITCHES = 3;
    public const ulong PERF_COUNT_SW_CPU_MIGRATIONS = 4;
    public const ulong PERF_COUNT_SW_PAGE_FAULTS_MIN = 5;
    public const ulong PERF_COUNT_SW_PAGE_FAULTS_MAJ = 6;
    public const ulong PERF_COUNT_SW_ALIGNMENT_FAULTS = 7;
    public const ulong PERF_COUNT_SW_EMULATION_FAULTS = 8;
    public const ulong PERF_COUNT_SW_DUMMY = 9;
    public const ulong PERF_COUNT_SW_BPF_OUTPUT = 10;

    /// <summary>Since 5.13.</summary>
    public const ulong PERF_COUNT_SW_CGROUP_SWITCHES = 11;

    public const ulong PERF_FLAG_FD_CLOEXEC = 8;

    public const int PERF_EVENT_IOC_ENABLE = 0x2400;
    public const int PERF_EVENT_IOC_SET_OUTPUT = 0x2405;
    public const int PERF_EVENT_IOC_SET_FILTER = 0x40082406;
    public const int PERF_EVENT_IOC_ID = unchecked((int)0x80082407);

    public const ushort PERF_RECORD_MISC_COMM_EXEC = 1 << 13;
    public const ushort PERF_RECORD_MISC_SWITCH_OUT = 1 << 13;
    public const ushort PERF_RECORD_MISC_SWITCH_OUT_PREEMPT = 1 << 14;

    public const ulong PERF_SAMPLE_REGS_ABI_64 = 2;

    public const ulong PERF_CONTEXT_KERNEL = unchecked((ulong)-128L);

    /// <summary>Addresses in a call chain from here on are context marks.</summary>
    public const ulong PERF_CONTEXT_MAX = unchecked((ulong)-4095L);

    /// <summary>Offsets in struct perf_event_mmap_page.</summary>
    public const int MmapPageDataHead = 1024;

    public const int MmapPageDataTail = 1032;

    /// <summary>The number of perf_event_open(2), which libc does not wrap.</summary>
    private static int SYS_perf_event_open => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 298,
        Architecture.Arm64 => 241,
        Architecture other => throw new PlatformNotSupportedException($"perf_event_open on {other}"),
    };

    /// <summary>perf_event_open(2). Returns a file descriptor, or -1 with errno.</summary>
    public static int perf_event_open(perf_event_attr* attr, int pid, int cpu, int groupFd, ulong flags) =>
        (int)LibC.syscall(SYS_perf_event_open, attr, pid, cpu, groupFd, (uint)flags);
}
