using ForkFollow.Collectors.EventNames;
using ForkFollow.Native;

namespace ForkFollow.Collectors.Tests;

/// <summary>What -e takes, without a kernel: the PMUs are those of a folder that the test makes.</summary>
public sealed class EventChoiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pmus-").FullName;

    public EventChoiceTests()
    {
        Write("cpu/type", "4\n");
        Write("cpu/format/event", "config:0-7,32-35\n");
        Write("cpu/format/umask", "config:8-15\n");
        Write("cpu/format/edge", "config:18\n");
        Write("cpu/format/offcore_rsp", "config1:0-63\n");
        Write("cpu/format/far", "config2:4-7\n");
        Write("cpu/format/strange", "config9:0-7\n");
        Write("cpu/events/mem-loads", "event=0xcd,umask=0x1\n");
        Write("cpu/events/mem-loads.unit", "bytes\n");
        Write("uncore/type", "12\n");
        Write("uncore/cpumask", "0\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("cpu-clock", "cpu-clock", 1, 0)]
    [InlineData("task-clock", "task-clock", 1, 1)]
    [InlineData("page-faults", "page-faults", 1, 2)]
    [InlineData("faults", "page-faults", 1, 2)]
    [InlineData("context-switches", "context-switches", 1, 3)]
    [InlineData("cs", "context-switches", 1, 3)]
    [InlineData("cpu-migrations", "cpu-migrations", 1, 4)]
    [InlineData("migrations", "cpu-migrations", 1, 4)]
    [InlineData("minor-faults", "minor-faults", 1, 5)]
    [InlineData("major-faults", "major-faults", 1, 6)]
    [InlineData("alignment-faults", "alignment-faults", 1, 7)]
    [InlineData("emulation-faults", "emulation-faults", 1, 8)]
    [InlineData("dummy", "dummy", 1, 9)]
    [InlineData("bpf-output", "bpf-output", 1, 10)]
    [InlineData("cgroup-switches", "cgroup-switches", 1, 11)]
    [InlineData("cycles", "cycles", 0, 0)]
    [InlineData("cpu-cycles", "cycles", 0, 0)]
    [InlineData("instructions", "instructions", 0, 1)]
    [InlineData("cache-references", "cache-references", 0, 2)]
    [InlineData("cache-misses", "cache-misses", 0, 3)]
    [InlineData("branches", "branches", 0, 4)]
    [InlineData("branch-instructions", "branches", 0, 4)]
    [InlineData("branch-misses", "branch-misses", 0, 5)]
    [InlineData("bus-cycles", "bus-cycles", 0, 6)]
    [InlineData("stalled-cycles-frontend", "stalled-cycles-frontend", 0, 7)]
    [InlineData("stalled-cycles-backend", "stalled-cycles-backend", 0, 8)]
    [InlineData("ref-cycles", "ref-cycles", 0, 9)]
    [InlineData("L1-dcache-loads", "L1-dcache-loads", 3, 0)]
    [InlineData("L1-dcache-load-misses", "L1-dcache-load-misses", 3, 0x10000)]
    [InlineData("L1-dcache-stores", "L1-dcache-stores", 3, 0x100)]
    [InlineData("L1-dcache-prefetch-misses", "L1-dcache-prefetch-misses", 3, 0x10200)]
    [InlineData("L1-icache-load-misses", "L1-icache-load-misses", 3, 0x10001)]
    [InlineData("LLC-loads", "LLC-loads", 3, 2)]
    [InlineData("LLC-store-misses", "LLC-store-misses", 3, 0x10102)]
    [InlineData("dTLB-load-misses", "dTLB-load-misses", 3, 0x10003)]
    [InlineData("iTLB-loads", "iTLB-loads", 3, 4)]
    [InlineData("branch-loads", "branch-loads", 3, 5)]
    [InlineData("branch-load-misses", "branch-load-misses", 3, 0x10005)]
    [InlineData("node-prefetches", "node-prefetches", 3, 0x206)]
    [InlineData("r1a8", "r1a8", 4, 0x1a8)]
    [InlineData("rFFFFFFFFFFFFFFFF", "rFFFFFFFFFFFFFFFF", 4, -1)]
    [InlineData("cpu/event=0x3c/", "cpu/event=0x3c/", 4, 0x3c)]
    [InlineData("cpu/event=0x1c2,umask=1,edge/", "cpu/event=0x1c2,umask=1,edge/", 4, 0x1_0004_01c2)]
    [InlineData("cpu/config=0x12345/", "cpu/config=0x12345/", 4, 0x12345)]
    [InlineData("cpu/mem-loads/", "cpu/mem-loads/", 4, 0x1cd)]
    [InlineData("cpu/mem-loads,edge=1/", "cpu/mem-loads,edge=1/", 4, 0x401cd)]
    [InlineData("cpu/event=60,name=busy/", "busy", 4, 60)]
    public void A_name_is_the_event_that_perf_has_for_it(string text, string name, int type, long config)
    {
        CounterEvent one = Assert.Single(Assert.Single(Accept(text)).Counters);
        Assert.Equal((name, type, config), (one.Name, (int)one.Type, unchecked((long)one.Config)));
    }

    [Fact]
    public void Terms_go_to_the_bits_of_their_format()
    {
        CounterEvent one = Single("cpu/event=0xabc,offcore_rsp=0xffffffffffffffff,far=9/");
        Assert.Equal((0xA_0000_00BCUL, ulong.MaxValue, 0x90UL), (one.Config, one.Config1, one.Config2));
        Assert.Equal((1UL, 2UL, 3UL), (Single("cpu/config=1,config1=2,config2=3/").Config,
            Single("cpu/config=1,config1=2,config2=3/").Config1, Single("cpu/config=1,config1=2,config2=3/").Config2));
    }

    [Theory]
    [InlineData("cycles", "cycles", false, false, true)]
    [InlineData("cycles:u", "cycles:u", false, true, true)]
    [InlineData("cycles:k", "cycles:k", true, false, true)]
    [InlineData("cycles:uk", "cycles:uk", false, false, true)]
    [InlineData("cycles:ku", "cycles:ku", false, false, true)]
    [InlineData("cycles:h", "cycles:h", true, true, false)]
    [InlineData("cycles:ukh", "cycles:ukh", false, false, false)]
    [InlineData("r3c:u", "r3c:u", false, true, true)]
    [InlineData("cs:k", "context-switches:k", true, false, true)]
    [InlineData("cpu/event=1/u", "cpu/event=1/u", false, true, true)]
    [InlineData("cpu/event=1/:k", "cpu/event=1/k", true, false, true)]
    [InlineData("cpu/event=1/", "cpu/event=1/", false, false, false)]
    public void Modifiers_exclude_the_modes_that_they_do_not_name(string text, string name, bool user, bool kernel, bool hypervisor)
    {
        CounterEvent one = Single(text);
        Assert.Equal(name, one.Name);
        Assert.Equal(user, one.Exclude.HasFlag(PerfAttrFlags.exclude_user));
        Assert.Equal(kernel, one.Exclude.HasFlag(PerfAttrFlags.exclude_kernel));
        Assert.Equal(hypervisor, one.Exclude.HasFlag(PerfAttrFlags.exclude_hv));
    }

    [Theory]
    [InlineData("cycles,instructions", "cycles | instructions")]
    [InlineData("{cycles,instructions}", "cycles+instructions")]
    [InlineData("{cycles,instructions}:u", "cycles:u+instructions:u")]
    [InlineData("{cycles:k,cs},faults", "cycles:k+context-switches | page-faults")]
    [InlineData("faults,{cycles},{cs,migrations}:k", "page-faults | cycles | context-switches:k+cpu-migrations:k")]
    [InlineData("{cpu/event=1,umask=2/,cycles}", "cpu/event=1,umask=2/+cycles")]
    [InlineData("cpu/event=1,umask=2/u,cycles", "cpu/event=1,umask=2/u | cycles")]
    [InlineData("sched:sched_switch", "sched:sched_switch")]
    [InlineData("sched:sched_switch,cycles", "sched:sched_switch | cycles")]
    [InlineData("{sched:sched_switch,cycles,cs}", "sched:sched_switch | cycles+context-switches")]
    [InlineData("{sched:sched_switch}", "sched:sched_switch")]
    [InlineData("sched:sched_switch/prev_pid == 1/", "sched:sched_switch [prev_pid == 1]")]
    [InlineData("sched:sched_switch/prev_pid == 1/,cs", "sched:sched_switch [prev_pid == 1] | context-switches")]
    [InlineData("a:b/f ~ \"/etc/*\"/", "a:b [f ~ \"/etc/*\"]")]
    [InlineData("a:b/f ~ \"/etc/,x\"/,cs", "a:b [f ~ \"/etc/,x\"] | context-switches")]
    [InlineData("a:b/f ~ /etc/*/", "a:b [f ~ /etc/*]")]
    [InlineData("{a:b/x == 1/,cs}", "a:b [x == 1] | context-switches")]
    [InlineData("xen:xen_mmu", "xen:xen_mmu")]
    [InlineData("cycles-x:thing", "cycles-x:thing")]
    public void Lists_and_groups_keep_together_what_belongs_together(string text, string expected) =>
        Assert.Equal(expected, string.Join(" | ", Accept(text).Select(Describe)));

    [Theory]
    [InlineData("", "'' is no event", "missing")]
    [InlineData("cylces", "'cylces' is no event", "did you mean cycles?")]
    [InlineData("page-fault", "did you mean page-faults?", "perf list")]
    [InlineData("l1-dcache-loads", "did you mean L1-dcache-loads", "perf list")]
    [InlineData("mem-loads", "did you mean cpu/mem-loads/?", "perf list")]
    [InlineData("completely-else", "'completely-else' is no event;", "perf list")]
    [InlineData("foo:u", "'foo' is no event", "perf list")]
    [InlineData("r", "'r' is no event", "perf list")]
    [InlineData("rxyz", "'rxyz' is no event", "perf list")]
    [InlineData("r11112222333344445", "is no event", "perf list")]
    [InlineData("cycles:", "modifiers are missing", "u, k and h")]
    [InlineData("cycles:p", "modifier 'p'", "u, k and h")]
    [InlineData("cycles:ppp", "modifier 'p'", "u, k and h")]
    [InlineData("cycles:G", "modifier 'G'", "u, k and h")]
    [InlineData("cycles:H", "modifier 'H'", "u, k and h")]
    [InlineData("cycles:D", "modifier 'D'", "u, k and h")]
    [InlineData("cycles:x", "modifier 'x'", "u, k and h")]
    [InlineData("cycles:u:k", "modifier ':'", "u, k and h")]
    [InlineData("{cycles,cs}:p", "modifier 'p'", "u, k and h")]
    [InlineData("cycles,,cs", "an event is missing", "comma")]
    [InlineData("cycles,", "an event is missing", "comma")]
    [InlineData("{}", "an event is missing", "comma")]
    [InlineData("{cycles", "does not end", "}")]
    [InlineData("cycles}", "'}' is too much", "cycles}")]
    [InlineData("{cycles}x", "'x' is too much", "{cycles}x")]
    [InlineData("{cycles,{cs}}", "a group in a group", "{cs}")]
    [InlineData("{cs,faults,cs,cs,cs,cs,cs,cs,cs,cs,cs,cs,cs,cs,cs,cs,cs}", "17 events", "two groups")]
    [InlineData("cpu/event=1", "do not end", "/")]
    [InlineData("cpu/evnet=1/", "no term 'evnet'", "did you mean event?")]
    [InlineData("cpu/event=x/", "'x' is no value of event", "0x3c")]
    [InlineData("cpu/umask=0x100/", "umask is too large", "8-15")]
    [InlineData("cpu/strange=1/", "config9", "does not know")]
    [InlineData("cpu/../type/", "no term '..'", "it has")]
    [InlineData("cpuu/event=1/", "no PMU 'cpuu'", "did you mean cpu?")]
    [InlineData("../event=1/", "no PMU '..'", "it has cpu, uncore")]
    [InlineData("uncore/event=1/", "the whole machine", "perf stat -a")]
    [InlineData(":x", "is no event", "group:name")]
    [InlineData("a:b/x == 1", "the filter does not end", "/")]
    [InlineData("sch ed:switch", "is no event", "group:name")]
    public void What_is_no_event_is_refused_in_one_line_with_a_remedy(string text, string what, string remedy)
    {
        Assert.Null(EventChoice.Parse(text, new PmuFolder(_folder), out string? refusal));
        Assert.Contains(what, refusal, StringComparison.Ordinal);
        Assert.Contains(remedy, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal!);
    }

    [Theory]
    [InlineData("cycles", "cycles", 0)]
    [InlineData("cylces", "cycles", 1)]
    [InlineData("cycle", "cycles", 1)]
    [InlineData("CYCLES", "cycles", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    public void Near_is_what_few_slips_of_the_finger_make(string a, string b, int distance)
    {
        Assert.Equal(distance, NearMatches.Distance(a, b));
        Assert.Equal(distance, NearMatches.Distance(b, a));
    }

    private static string Describe(EventChoice choice) => choice.Tracepoint is { } point
        ? $"{point.Group}:{point.Name}" + (point.Filter is null ? "" : $" [{point.Filter}]")
        : string.Join('+', choice.Counters.Select(one => one.Name));

    private IReadOnlyList<EventChoice> Accept(string text)
    {
        IReadOnlyList<EventChoice>? choices = EventChoice.Parse(text, new PmuFolder(_folder), out string? refusal);
        Assert.True(choices is not null, refusal);
        Assert.Null(refusal);
        return choices;
    }

    private CounterEvent Single(string text) => Assert.Single(Assert.Single(Accept(text)).Counters);

    private void Write(string path, string text)
    {
        string file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
