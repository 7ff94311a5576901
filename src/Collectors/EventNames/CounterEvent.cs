using ForkFollow.Native;

namespace ForkFollow.Collectors.EventNames;

/// <summary>One event that is counted.</summary>
/// <param name="Name">Its name, as perf has it, with its modifiers; its key in results.</param>
/// <param name="Type">The kind of perf event; for a PMU the number that its type file has.</param>
/// <param name="Config">Which one of that kind.</param>
internal sealed record CounterEvent(string Name, PerfType Type, ulong Config)
{
    /// <summary>So many are read at once at most.</summary>
    internal const int MaxInGroup = 16;

    /// <summary>More of what it is, for a PMU that needs it.</summary>
    internal ulong Config1 { get; init; }

    /// <summary>Still more of it.</summary>
    internal ulong Config2 { get; init; }

    /// <summary>Where it is not counted: exclude_user, exclude_kernel, exclude_hv.</summary>
    internal PerfAttrFlags Exclude { get; init; } = PerfAttrFlags.exclude_hv;

    /// <summary>It happens in the kernel: with exclude_kernel it would count 0, which would be a lie.</summary>
    internal bool KernelOnly => this is
    {
        Type: PerfType.PERF_TYPE_SOFTWARE,
        Config: Linux.PERF_COUNT_SW_CONTEXT_SWITCHES or Linux.PERF_COUNT_SW_CPU_MIGRATIONS
            or Linux.PERF_COUNT_SW_CGROUP_SWITCHES,
    };

    /// <summary>
    /// The same with perf's modifiers u, k and h: if any is given, the modes that are not named are excluded.
    /// </summary>
    /// <exception cref="EventRefusedException">Counting cannot honour one of them.</exception>
    internal CounterEvent With(string modifiers)
    {
        PerfAttrFlags exclude = PerfAttrFlags.exclude_user | PerfAttrFlags.exclude_kernel | PerfAttrFlags.exclude_hv;
        foreach (char letter in modifiers)
        {
            exclude &= ~(letter switch
            {
                'u' => PerfAttrFlags.exclude_user,
                'k' => PerfAttrFlags.exclude_kernel,
                'h' => PerfAttrFlags.exclude_hv,
                _ => throw new EventRefusedException(
                    $"{Name}: counting cannot honour the modifier '{letter}'; u, k and h (user, kernel, hypervisor) can be had"),
            });
        }

        if (modifiers.Length == 0)
            return this;
        string separator = Name.EndsWith('/') ? "" : ":";
        return this with { Name = $"{Name}{separator}{modifiers}", Exclude = exclude };
    }
}
