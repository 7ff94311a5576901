using System.Collections.Frozen;
using System.Globalization;
using ForkFollow.Native;

namespace ForkFollow.Collectors.EventNames;

/// <summary>The events that perf list names without a PMU: software, hardware, hardware caches; and raw ones.</summary>
internal static class CounterNames
{
    private static readonly (string Name, ulong Config)[] _software =
    [
        ("cpu-clock", Linux.PERF_COUNT_SW_CPU_CLOCK),
        ("task-clock", Linux.PERF_COUNT_SW_TASK_CLOCK),
        ("page-faults", Linux.PERF_COUNT_SW_PAGE_FAULTS),
        ("context-switches", Linux.PERF_COUNT_SW_CONTEXT_SWITCHES),
        ("cpu-migrations", Linux.PERF_COUNT_SW_CPU_MIGRATIONS),
        ("minor-faults", Linux.PERF_COUNT_SW_PAGE_FAULTS_MIN),
        ("major-faults", Linux.PERF_COUNT_SW_PAGE_FAULTS_MAJ),
        ("alignment-faults", Linux.PERF_COUNT_SW_ALIGNMENT_FAULTS),
        ("emulation-faults", Linux.PERF_COUNT_SW_EMULATION_FAULTS),
        ("dummy", Linux.PERF_COUNT_SW_DUMMY),
        ("bpf-output", Linux.PERF_COUNT_SW_BPF_OUTPUT),
        ("cgroup-switches", Linux.PERF_COUNT_SW_CGROUP_SWITCHES),
    ];

    private static readonly (string Name, ulong Config)[] _hardware =
    [
        ("cycles", Linux.PERF_COUNT_HW_CPU_CYCLES),
        ("instructions", Linux.PERF_COUNT_HW_INSTRUCTIONS),
        ("cache-references", Linux.PERF_COUNT_HW_CACHE_REFERENCES),
        ("cache-misses", Linux.PERF_COUNT_HW_CACHE_MISSES),
        ("branches", Linux.PERF_COUNT_HW_BRANCH_INSTRUCTIONS),
        ("branch-misses", Linux.PERF_COUNT_HW_BRANCH_MISSES),
        ("bus-cycles", Linux.PERF_COUNT_HW_BUS_CYCLES),
        ("stalled-cycles-frontend", Linux.PERF_COUNT_HW_STALLED_CYCLES_FRONTEND),
        ("stalled-cycles-backend", Linux.PERF_COUNT_HW_STALLED_CYCLES_BACKEND),
        ("ref-cycles", Linux.PERF_COUNT_HW_REF_CPU_CYCLES),
    ];

    private static readonly (string Alias, string Name)[] _aliases =
    [
        ("cs", "context-switches"),
        ("migrations", "cpu-migrations"),
        ("faults", "page-faults"),
        ("cpu-cycles", "cycles"),
        ("branch-instructions", "branches"),
        ("idle-cycles-frontend", "stalled-cycles-frontend"),
        ("idle-cycles-backend", "stalled-cycles-backend"),
    ];

    /// <summary>The caches and which operations perf counts on them: read, write, prefetch.</summary>
    private static readonly (string Name, ulong Id, string Operations)[] _caches =
    [
        ("L1-dcache", Linux.PERF_COUNT_HW_CACHE_L1D, "rwp"),
        ("L1-icache", Linux.PERF_COUNT_HW_CACHE_L1I, "rp"),
        ("LLC", Linux.PERF_COUNT_HW_CACHE_LL, "rwp"),
        ("dTLB", Linux.PERF_COUNT_HW_CACHE_DTLB, "rwp"),
        ("iTLB", Linux.PERF_COUNT_HW_CACHE_ITLB, "r"),
        ("branch", Linux.PERF_COUNT_HW_CACHE_BPU, "r"),
        ("node", Linux.PERF_COUNT_HW_CACHE_NODE, "rwp"),
    ];

    private static readonly (char Letter, ulong Id, string Access, string Miss)[] _operations =
    [
        ('r', Linux.PERF_COUNT_HW_CACHE_OP_READ, "loads", "load-misses"),
        ('w', Linux.PERF_COUNT_HW_CACHE_OP_WRITE, "stores", "store-misses"),
        ('p', Linux.PERF_COUNT_HW_CACHE_OP_PREFETCH, "prefetches", "prefetch-misses"),
    ];

    private static readonly FrozenDictionary<string, CounterEvent> _events = Make();

    /// <summary>All names, aliases too.</summary>
    internal static IEnumerable<string> All => _events.Keys;

    /// <summary>The event of a name, or of <c>r</c> and hexadecimal digits; null if there is none.</summary>
    internal static CounterEvent? Find(string name)
    {
        if (_events.TryGetValue(name, out CounterEvent? one))
            return one;
        return name is ['r', _, ..] && name.Length <= 17
            && ulong.TryParse(name.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong raw)
                ? new(name, PerfType.PERF_TYPE_RAW, raw)
                : null;
    }

    private static FrozenDictionary<string, CounterEvent> Make()
    {
        var events = new Dictionary<string, CounterEvent>();
        foreach ((string name, ulong config) in _software)
            events.Add(name, new(name, PerfType.PERF_TYPE_SOFTWARE, config));
        foreach ((string name, ulong config) in _hardware)
            events.Add(name, new(name, PerfType.PERF_TYPE_HARDWARE, config));
        foreach ((string alias, string name) in _aliases)
            events.Add(alias, events[name]);
        foreach ((string cache, ulong id, string operations) in _caches)
        {
            foreach ((char letter, ulong operation, string access, string miss) in _operations)
            {
                if (!operations.Contains(letter, StringComparison.Ordinal))
                    continue;
                ulong config = id | (operation << 8);
                Add($"{cache}-{access}", config | (Linux.PERF_COUNT_HW_CACHE_RESULT_ACCESS << 16));
                Add($"{cache}-{miss}", config | (Linux.PERF_COUNT_HW_CACHE_RESULT_MISS << 16));
            }
        }

        return events.ToFrozenDictionary();

        void Add(string name, ulong config) => events.Add(name, new(name, PerfType.PERF_TYPE_HW_CACHE, config));
    }
}
