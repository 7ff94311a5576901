using System.Runtime.InteropServices;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Collectors.Perf;
using ForkFollow.Native;
using ForkFollow.Results.Protocol;
using Tmds.Linux;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// What this machine and our rights allow of what is asked for: the events, whether they go on the targets or on the whole
/// machine, and the rings. Each event is also open on our own thread, disabled, for the session: the last close of a
/// tracepoint takes 33 ms, any other 2 µs.
/// </summary>
internal sealed class StreamPlan : IDisposable
{
    private const int SmallRing = 128;

    /// <summary>4 MiB a CPU: 40,000 system calls between two looks of the reader.</summary>
    private const int LargeRing = 1024;

    private readonly List<int> _references = [];
    private readonly List<StreamEvent> _events = [];
    private readonly List<PerfRing> _rings = [];
    private readonly IReadOnlyList<int> _cpus = [.. OnlineCpus.List()];

    private StreamPlan(ProfileOptions options) => Options = options;

    internal ProfileOptions Options { get; }

    internal IReadOnlyList<StreamEvent> Events => _events;

    /// <summary>One per CPU for events of the targets, one per CPU for events of the whole machine, where there are any.</summary>
    internal IReadOnlyList<PerfRing> Rings => _rings;

    /// <summary>Only what happens in user mode may be seen.</summary>
    internal bool UserOnly { get; private set; }

    /// <summary>The event of CPU samples; null without.</summary>
    internal string? CpuEvent => _events.Find(one => one.Kind == StreamEventKind.Cpu)?.Name;

    /// <summary>Whether CPUs are sampled, not targets.</summary>
    internal bool SeesWholeMachine => _events.Exists(one => one.WholeMachine);

    /// <summary>Whether any event is opened on targets.</summary>
    internal bool HasTaskEvents => _events.Exists(one => !one.WholeMachine);

    /// <summary>Whether any event has stacks.</summary>
    internal bool HasStacks => _events.Exists(one => one.HasCallChain);

    /// <summary>Whether samples of CPU time have copies of stacks.</summary>
    internal bool HasUserStacks => _events.Exists(one => one.HasUserStack);

    /// <summary>Finds out what can be done.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="refusal">Why not, in one line; null otherwise.</param>
    /// <returns>The plan, or null.</returns>
    internal static StreamPlan? Make(ProfileOptions options, out string? refusal)
    {
        var plan = new StreamPlan(options);
        refusal = plan.AddEvents() ?? plan.OpenRings();
        if (refusal is null)
            return plan;
        plan.Dispose();
        plan._rings.ForEach(ring => ring.Dispose());
        return null;
    }

    /// <summary>The header of the recording.</summary>
    internal Header MakeHeader() => new()
    {
        Version = 1,
        CpuEvent = CpuEvent ?? "",
        Frequency = CpuEvent is null ? 0 : Options.Frequency,
        UserOnly = UserOnly,
        WholeMachine = SeesWholeMachine,
        TraceEvents = { Options.Tracepoints.Select(one => $"{one.Group}:{one.Name}") },
    };

    /// <summary>Closes the reference events. The rings belong to the stream.</summary>
    public void Dispose()
    {
        foreach (int fd in _references)
            _ = LibC.close(fd);
        _references.Clear();
    }

    private string? OpenRings()
    {
        bool[] kinds = [.. _events.Select(one => one.WholeMachine).Distinct()];
        if (Options.RingPages > 0 && RingMemory.Object(Options.RingPages, _cpus.Count * kinds.Length) is { } objection)
            return objection;
        foreach (bool wholeMachine in kinds)
        {
            // Of the whole machine, wake-ups and copies of stacks are many.
            bool much = wholeMachine ? Options.OffCpu || HasUserStacks : Options.OffCpu || Options.Syscalls || Options.Tracepoints.Count > 0 || HasUserStacks;
            int pages = Options.RingPages > 0 ? Options.RingPages : much ? LargeRing : SmallRing;
            foreach (int cpu in _cpus)
            {
                if (OpenRing(cpu, wholeMachine, ref pages) is { } refusal)
                    return refusal;
            }
        }

        return null;
    }

    /// <summary>Opens a ring, and one of fewer pages if nobody has said how many, and so many may not be had.</summary>
    private string? OpenRing(int cpu, bool wholeMachine, ref int pages)
    {
        PerfRing? ring = PerfRing.Open(cpu, wholeMachine, pages, out bool opened, out int errno);
        while (ring is null && errno == Linux.EPERM && Options.RingPages == 0 && pages > 1)
        {
            pages /= 2;
            ring = PerfRing.Open(cpu, wholeMachine, pages, out opened, out errno);
        }

        if (ring is null)
            return opened ? RingMemory.Explain(errno, pages, _cpus.Count) : Refusal("samples", errno);
        _rings.Add(ring);
        return null;
    }

    private string? AddEvents()
    {
        // A switch or a tracepoint can come a hundred thousand times a second: a copy of the stack each is too much.
        var stacks = new UserStacks(Dwarf: false);

        // The whole machine can be sampled by who has the right to: then a child costs nothing, and one that lives for less
        // than a period has its share of the samples. A timer of its own would begin anew with each process.
        bool wholeMachine = Try(StreamEvent.Sideband(wholeMachine: true)) == 0;
        Add(StreamEvent.Sideband(wholeMachine));
        string? refusal = null;
        if (Options.Cpu)
            refusal ??= AddCpu(wholeMachine, new(Options.Dwarf));
        if (Options.OffCpu)
            refusal ??= AddOffCpu(wholeMachine, stacks);
        if (Options.Syscalls)
        {
            refusal ??= AddTracepoint("syscalls", "raw_syscalls", "sys_enter", StreamEventKind.SyscallEnter);
            refusal ??= AddTracepoint("syscalls", "raw_syscalls", "sys_exit", StreamEventKind.SyscallExit);
        }

        for (int i = 0; i < Options.Tracepoints.Count; i++)
        {
            TracepointChoice one = Options.Tracepoints[i];
            refusal ??= AddTracepoint("trace", one.Group, one.Name, StreamEventKind.Trace, one.Filter, stacks, i);
        }

        return refusal;
    }

    private string? AddCpu(bool wholeMachine, UserStacks stacks)
    {
        foreach (bool cycles in (bool[])[true, false])
        {
            StreamEvent cpu = StreamEvent.Cpu(cycles, Options.Frequency, wholeMachine, stacks);
            int errno = Try(cpu);
            if (errno == Linux.EACCES && !UserOnly)
            {
                UserOnly = true;
                errno = Try(cpu);
            }

            if (errno == 0)
            {
                Add(cpu);
                return null;
            }

            if (!cycles)
                return Refusal("cpu", errno);
        }

        return null;
    }

    private string? AddOffCpu(bool wholeMachine, UserStacks stacks)
    {
        StreamEvent switches = StreamEvent.Switch(stacks);
        if (UserOnly || Try(switches) == Linux.EACCES)
        {
            return "offcpu cannot be collected: leaving a CPU happens in the kernel; set kernel.perf_event_paranoid to 1 or "
                + "less, or run with CAP_PERFMON";
        }

        Add(switches);

        // Who is woken is told in the context of who wakes: on the whole machine or not at all.
        if (wholeMachine && TracepointFormat.Read("sched", "sched_wakeup", out _) is { } format)
            Add(StreamEvent.Tracepoint(StreamEventKind.Wakeup, format, filter: null, wholeMachine: true, stacks: null));
        return null;
    }

    private string? AddTracepoint(
        string collector, string group, string name, StreamEventKind kind, string? filter = null,
        UserStacks? stacks = null, int index = 0)
    {
        TracepointFormat? format = TracepointFormat.Read(group, name, out string? refusal);
        if (format is null)
            return $"{collector} cannot be collected: {refusal}";
        var one = StreamEvent.Tracepoint(kind, format, filter, wholeMachine: false, stacks, index);
        int errno = Try(one);
        if (errno != 0)
            return filter is not null && errno == Linux.EINVAL ? BadFilter(format, filter) : Refusal(collector, errno);
        Add(one);
        return null;
    }

    private void Add(StreamEvent one)
    {
        one.Index = _events.Count;
        _events.Add(one);
        int fd = one.Open(0, _cpus[0], UserOnly, disabled: true);
        if (fd >= 0)
            _references.Add(fd);
    }

    /// <summary>Opens and closes it on ourselves, or on the machine. Returns 0 or an errno.</summary>
    private int Try(StreamEvent one)
    {
        int fd = one.Open(0, _cpus[0], UserOnly, disabled: true);
        if (fd < 0)
            return Linux.Errno;
        int errno = PerfStream.SetFilter(fd, one.Filter) ? 0 : Linux.Errno;
        _ = LibC.close(fd);
        return errno;
    }

    private static string BadFilter(TracepointFormat format, string filter) =>
        $"'{filter}' is no filter of {format.Name}; its fields are {string.Join(", ", format.Fields)}";

    private static string Refusal(string collector, int errno) =>
        $"{collector} cannot be collected: perf_event_open failed: {Marshal.GetPInvokeErrorMessage(errno)}"
        + (errno is Linux.EACCES or Linux.EPERM
            ? "; set kernel.perf_event_paranoid lower, or run with CAP_PERFMON (in a container, its seccomp profile must allow "
                + "perf_event_open)"
            : "");
}
