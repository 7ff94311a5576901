using ForkFollow.Collectors.EventNames;

namespace ForkFollow.Collectors.Capture;

/// <summary>What a profile session collects.</summary>
public sealed record ProfileOptions
{
    /// <summary>
    /// The largest ring. The kernel keeps the addresses of its pages in one piece of memory of 4 MiB at most, with words of its own
    /// (rb_alloc, kernel/events/ring_buffer.c): the power of two below.
    /// </summary>
    public const int MostRingPages = 1 << 18;

    /// <summary>Sample the CPU time of all threads.</summary>
    public bool Cpu { get; init; }

    /// <summary>Measure where and how long threads wait.</summary>
    public bool OffCpu { get; init; }

    /// <summary>Count and time system calls.</summary>
    public bool Syscalls { get; init; }

    /// <summary>Tracepoints to count, with stacks.</summary>
    public IReadOnlyList<TracepointChoice> Tracepoints { get; init; } = [];

    /// <summary>How often CPU time is sampled, in Hz.</summary>
    public int Frequency { get; init; } = 99;

    /// <summary>Pages of each CPU's ring, a power of two; 0: enough for what is collected.</summary>
    public int RingPages { get; init; }

    /// <summary>User stacks by copies that are unwound with DWARF data later; else by frame pointers.</summary>
    public bool Dwarf { get; init; }

    /// <summary>The names of the collectors that are asked for.</summary>
    internal IEnumerable<string> Names
    {
        get
        {
            if (Cpu)
                yield return "cpu";
            if (OffCpu)
                yield return "offcpu";
            if (Syscalls)
                yield return "syscalls";
            if (Tracepoints.Count > 0)
                yield return "trace";
        }
    }
}

/// <summary>What could be collected of what was asked for.</summary>
/// <param name="Refusal">Why it cannot be: what, why, remedy in one line; null if it can.</param>
/// <param name="CpuEvent">The event that CPU samples come from, cpu-clock or cycles; null if there are none.</param>
/// <param name="UserOnly">Only what happens in user mode can be seen.</param>
/// <param name="WholeMachine">CPUs are sampled, not processes: short processes have their share of the samples.</param>
public sealed record ProfileCheck(string? Refusal, string? CpuEvent = null, bool UserOnly = false, bool WholeMachine = false);
