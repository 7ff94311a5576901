using ForkFollow.Native;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Perf;

/// <summary>What a record of an event means to us.</summary>
internal enum StreamEventKind
{
    /// <summary>Mappings, names, forks and exits: what gives samples their meaning. Takes no samples.</summary>
    Sideband,

    /// <summary>A thread was on a CPU.</summary>
    Cpu,

    /// <summary>A thread left its CPU.</summary>
    Switch,

    /// <summary>A thread became ready to run.</summary>
    Wakeup,

    /// <summary>A thread entered a system call.</summary>
    SyscallEnter,

    /// <summary>A thread came back from a system call.</summary>
    SyscallExit,

    /// <summary>A tracepoint that the user named.</summary>
    Trace,
}

/// <summary>
/// An event whose records go through the rings: opened once per CPU, on each target (all that it forks inherits it, at no
/// system call of ours) or on the whole machine. Immutable; any thread.
/// </summary>
internal sealed class StreamEvent
{
    private const int CLOCK_MONOTONIC = 1;

    private const PerfSampleFormat Common = PerfSampleFormat.PERF_SAMPLE_IDENTIFIER | PerfSampleFormat.PERF_SAMPLE_IP
        | PerfSampleFormat.PERF_SAMPLE_TID | PerfSampleFormat.PERF_SAMPLE_TIME;

    private readonly perf_event_attr _attributes;

    private StreamEvent(StreamEventKind kind, string name, perf_event_attr attributes)
    {
        Kind = kind;
        Name = name;
        _attributes = attributes;
    }

    internal StreamEventKind Kind { get; }

    /// <summary>Its name, as perf has it.</summary>
    internal string Name { get; }

    /// <summary>Whether it is opened on all that runs, not on the targets.</summary>
    internal bool WholeMachine { get; init; }

    /// <summary>A filter of a tracepoint; null for none.</summary>
    internal string? Filter { get; init; }

    /// <summary>Where its raw data has what we want of it; null if it has none.</summary>
    internal TracepointFormat? Format { get; init; }

    /// <summary>Which of the session's events it is, from 0.</summary>
    internal int Index { get; set; }

    /// <summary>Which of the traced events it is, from 0.</summary>
    internal int TraceIndex { get; init; }

    /// <summary>Whether its samples have a call chain.</summary>
    internal bool HasCallChain => _attributes.sample_type.HasFlag(PerfSampleFormat.PERF_SAMPLE_CALLCHAIN);

    /// <summary>Whether its samples have the raw data of a tracepoint.</summary>
    internal bool HasRaw => _attributes.sample_type.HasFlag(PerfSampleFormat.PERF_SAMPLE_RAW);

    /// <summary>Whether its samples have registers and a copy of the top of the user stack.</summary>
    internal bool HasUserStack => _attributes.sample_type.HasFlag(PerfSampleFormat.PERF_SAMPLE_STACK_USER);

    /// <summary>An event that counts nothing, with what all events of a stream must have alike.</summary>
    internal static perf_event_attr Dummy() => new()
    {
        type = PerfType.PERF_TYPE_SOFTWARE,
        size = perf_event_attr.PERF_ATTR_SIZE_VER7,
        config = Linux.PERF_COUNT_SW_DUMMY,
        sample_type = Common,
        flags = PerfAttrFlags.sample_id_all | PerfAttrFlags.use_clockid | PerfAttrFlags.exclude_hv,
        clockid = CLOCK_MONOTONIC,
    };

    internal static StreamEvent Sideband(bool wholeMachine)
    {
        perf_event_attr attr = Dummy();

        // Never build_id: the kernel (seen on 6.18) then marks the MMAP2 records of everybody else's events too as if they
        // had build ids, and a perf record that runs at the same time dies of them.
        attr.flags |= PerfAttrFlags.mmap | PerfAttrFlags.mmap2 | PerfAttrFlags.comm | PerfAttrFlags.comm_exec
            | PerfAttrFlags.task | PerfAttrFlags.exclude_kernel;
        return new(StreamEventKind.Sideband, "dummy", attr) { WholeMachine = wholeMachine };
    }

    /// <summary>Samples of CPU time at a frequency in Hz: cycles where there is a PMU, else cpu-clock.</summary>
    internal static StreamEvent Cpu(bool cycles, int frequency, bool wholeMachine, UserStacks stacks)
    {
        perf_event_attr attr = Dummy();
        attr.type = cycles ? PerfType.PERF_TYPE_HARDWARE : PerfType.PERF_TYPE_SOFTWARE;
        attr.config = cycles ? Linux.PERF_COUNT_HW_CPU_CYCLES : Linux.PERF_COUNT_SW_CPU_CLOCK;
        attr.sample_period = (ulong)frequency;
        attr.flags |= PerfAttrFlags.freq | PerfAttrFlags.exclude_idle;
        stacks.AddTo(ref attr);
        return new(StreamEventKind.Cpu, cycles ? "cycles" : "cpu-clock", attr) { WholeMachine = wholeMachine };
    }

    /// <summary>A sample with a stack whenever a thread leaves its CPU, and a record whenever one leaves or gets it.</summary>
    internal static StreamEvent Switch(UserStacks stacks)
    {
        perf_event_attr attr = Dummy();
        attr.config = Linux.PERF_COUNT_SW_CONTEXT_SWITCHES;
        attr.sample_period = 1;
        attr.flags |= PerfAttrFlags.context_switch;
        stacks.AddTo(ref attr);
        return new(StreamEventKind.Switch, "context-switches", attr);
    }

    /// <summary>A tracepoint.</summary>
    internal static StreamEvent Tracepoint(
        StreamEventKind kind, TracepointFormat format, string? filter, bool wholeMachine, UserStacks? stacks, int index = 0)
    {
        perf_event_attr attr = Dummy();
        attr.type = PerfType.PERF_TYPE_TRACEPOINT;
        attr.config = (ulong)format.Id;
        attr.sample_period = 1;
        if (kind != StreamEventKind.Trace)
            attr.sample_type |= PerfSampleFormat.PERF_SAMPLE_RAW;
        stacks?.AddTo(ref attr);
        return new(kind, format.Name, attr)
        {
            Format = format,
            Filter = filter,
            WholeMachine = wholeMachine,
            TraceIndex = index,
        };
    }

    /// <summary>
    /// Opens it on a task (0: our own thread) and a CPU. Returns a file descriptor, or -1 with errno. A read(2) of it gives its count and,
    /// since Linux 6.0, how many of its records were lost.
    /// </summary>
    internal unsafe int Open(int tid, int cpu, bool userOnly, bool disabled = false)
    {
        perf_event_attr attr = _attributes;
        if (!WholeMachine)
            attr.flags |= PerfAttrFlags.inherit;
        if (disabled)
            attr.flags |= PerfAttrFlags.disabled;
        if (userOnly)
            attr.flags |= PerfAttrFlags.exclude_kernel | PerfAttrFlags.exclude_callchain_kernel;
        attr.read_format = PerfReadFormat.PERF_FORMAT_LOST;
        int fd = Linux.perf_event_open(&attr, WholeMachine ? -1 : tid, cpu, -1, Linux.PERF_FLAG_FD_CLOEXEC);
        if (fd >= 0 || Linux.Errno != Linux.EINVAL)
            return fd;
        attr.read_format = PerfReadFormat.None;
        return Linux.perf_event_open(&attr, WholeMachine ? -1 : tid, cpu, -1, Linux.PERF_FLAG_FD_CLOEXEC);
    }
}

/// <summary>How the user part of a stack is had.</summary>
/// <param name="Dwarf">By a copy of the stack's top, unwound later; else by frame pointers, in the kernel.</param>
internal sealed record UserStacks(bool Dwarf)
{
    /// <summary>Bytes of a stack copy: perf's default, and the most that fits a record is 65,528.</summary>
    internal const int StackBytes = 8192;

    internal void AddTo(ref perf_event_attr attr)
    {
        attr.sample_type |= PerfSampleFormat.PERF_SAMPLE_CALLCHAIN;
        if (!Dwarf)
            return;
        attr.sample_type |= PerfSampleFormat.PERF_SAMPLE_REGS_USER | PerfSampleFormat.PERF_SAMPLE_STACK_USER;
        attr.sample_regs_user = UserRegisters.Mask;
        attr.sample_stack_user = StackBytes;
        attr.flags |= PerfAttrFlags.exclude_callchain_user;
    }
}
