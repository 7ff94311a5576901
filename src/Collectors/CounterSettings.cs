using ForkFollow.Collectors.Interop;

namespace ForkFollow.Collectors;

/// <summary>One event that is counted.</summary>
/// <param name="Name">Its name, as perf has it.</param>
/// <param name="Type">The kind of perf event.</param>
/// <param name="Config">Which one of that kind.</param>
internal sealed record CounterEvent(string Name, PerfType Type, ulong Config)
{
    /// <summary>It happens in the kernel: with exclude_kernel it would count 0, which would be a lie.</summary>
    internal bool KernelOnly => this is
    {
        Type: PerfType.PERF_TYPE_SOFTWARE,
        Config: LibC.PERF_COUNT_SW_CONTEXT_SWITCHES or LibC.PERF_COUNT_SW_CPU_MIGRATIONS,
    };
}

/// <summary>
/// The events that this machine lets us count, in groups that are scheduled together, and a reference event of each
/// kind that stays open for the session: closing the last event of a kind is slow (page-faults 40 µs), opening the
/// second one is not. Shared by all clones of a counter collector.
/// </summary>
public sealed class CounterSettings : IDisposable
{
    private static readonly CounterEvent[][] _wanted =
    [
        [
            new("task-clock", PerfType.PERF_TYPE_SOFTWARE, LibC.PERF_COUNT_SW_TASK_CLOCK),
            new("context-switches", PerfType.PERF_TYPE_SOFTWARE, LibC.PERF_COUNT_SW_CONTEXT_SWITCHES),
            new("cpu-migrations", PerfType.PERF_TYPE_SOFTWARE, LibC.PERF_COUNT_SW_CPU_MIGRATIONS),
            new("page-faults", PerfType.PERF_TYPE_SOFTWARE, LibC.PERF_COUNT_SW_PAGE_FAULTS),
        ],
        [
            new("cycles", PerfType.PERF_TYPE_HARDWARE, LibC.PERF_COUNT_HW_CPU_CYCLES),
            new("instructions", PerfType.PERF_TYPE_HARDWARE, LibC.PERF_COUNT_HW_INSTRUCTIONS),
            new("cache-misses", PerfType.PERF_TYPE_HARDWARE, LibC.PERF_COUNT_HW_CACHE_MISSES),
            new("branch-misses", PerfType.PERF_TYPE_HARDWARE, LibC.PERF_COUNT_HW_BRANCH_MISSES),
        ],
    ];

    private readonly List<int> _references = [];

    private CounterSettings(List<CounterEvent[]> groups, bool userOnly, List<int> references)
    {
        Groups = [.. groups];
        UserOnly = userOnly;
        _references = references;
        Events = [.. groups.SelectMany(group => group).Select(one => one.Name)];
    }

    /// <summary>The names of the events, in the order of the values.</summary>
    public IReadOnlyList<string> Events { get; }

    /// <summary>Only what happens in user mode may be counted (perf_event_paranoid).</summary>
    public bool UserOnly { get; }

    internal CounterEvent[][] Groups { get; }

    /// <summary>Finds out what can be counted.</summary>
    /// <param name="refusal">Why nothing can be: what, why, remedy in one line; null otherwise.</param>
    /// <returns>The settings, or null.</returns>
    public static CounterSettings? Probe(out string? refusal)
    {
        bool userOnly = false;
        var groups = new List<CounterEvent[]>();
        var references = new List<int>();
        int firstErrno = 0;
        foreach (CounterEvent[] wanted in _wanted)
        {
            var group = new List<CounterEvent>();
            foreach (CounterEvent one in wanted)
            {
                int fd = OpenReference(one, userOnly);
                if (fd < 0 && LibC.Errno == LibC.EACCES && !userOnly)
                {
                    userOnly = true;
                    fd = OpenReference(one, userOnly);
                }

                if (fd < 0)
                {
                    firstErrno = firstErrno == 0 ? LibC.Errno : firstErrno;
                    continue;
                }

                references.Add(fd);
                group.Add(one);
            }

            if (group.Count > 0)
                groups.Add([.. group]);
        }

        if (userOnly)
            groups = [.. groups.Select(group => group.Where(one => !one.KernelOnly).ToArray()).Where(g => g.Length > 0)];
        refusal = groups.Count > 0 ? null : Refusal(firstErrno);
        return groups.Count > 0 ? new(groups, userOnly, references) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (int fd in _references)
            _ = LibC.close(fd);
        _references.Clear();
    }

    private static unsafe int OpenReference(CounterEvent one, bool userOnly)
    {
        perf_event_attr attr = PerfGroup.Attributes(one, userOnly);
        attr.flags |= PerfAttrFlags.disabled;
        return LibC.perf_event_open(&attr, 0, -1, -1, LibC.PERF_FLAG_FD_CLOEXEC);
    }

    private static string Refusal(int errno) =>
        $"cannot count events: perf_event_open failed: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)}; "
        + (errno is LibC.EACCES or LibC.EPERM
            ? "set kernel.perf_event_paranoid to 2 or less, or run with CAP_PERFMON (in a container, its seccomp profile must "
                + "allow perf_event_open)"
            : "this kernel has no perf events: use --collect rusage");
}
