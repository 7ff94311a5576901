using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using ForkFollow.Follower.Interop;

namespace ForkFollow.Follower.KernelTests;

/// <summary>Every constant, struct size and field offset of Interop is what the C headers of this machine say.</summary>
public sealed class LayoutTests
{
    private static readonly Lazy<Dictionary<string, long>> _c = new(ReadFromC);

    public static TheoryData<string, long> Constants()
    {
        var data = new TheoryData<string, long>();
        foreach (FieldInfo field in typeof(LibC).GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
        {
            if (field is { IsLiteral: true } && field.FieldType != typeof(string))
                data.Add(field.Name, Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture));
        }

        foreach (Type type in InteropTypes().Where(type => type.IsEnum))
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Static | BindingFlags.Public).Where(one => one.Name != "None"))
                data.Add(field.Name, Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture));
        }

        return data;
    }

    public static TheoryData<string> Structs() =>
        [.. InteropTypes().Where(type => type is { IsValueType: true, IsEnum: false, IsNested: false }).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Constants))]
    public void Constant_is_that_of_C(string name, long value)
    {
        // Not in any header: their ids are checked below.
        if (name is "CPUCLOCK_PROF" or "CPUCLOCK_VIRT")
            return;
        Assert.True(_c.Value.TryGetValue(name, out long expected), $"{name} is missing in tests/Tracees/layout.c");
        Assert.Equal(expected, value);
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void Struct_is_laid_out_as_in_C(string name)
    {
        Type type = InteropTypes().Single(one => one.Name == name);
        Assert.True(_c.Value.TryGetValue($"sizeof({name})", out long size), $"{name} is missing in tests/Tracees/layout.c");
        Assert.Equal(size, SizeOf(type));
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (field.Name.StartsWith('_'))
                continue;
            string key = $"{name}.{field.Name}";
            Assert.True(_c.Value.TryGetValue(key, out long offset), $"{key} is missing in tests/Tracees/layout.c");
            Assert.Equal(offset, Marshal.OffsetOf(type, field.Name).ToInt64());
        }
    }

    [Fact]
    public void Signals_have_their_bits_in_a_set()
    {
        for (int signal = 1; signal <= LibC.SIGRTMAX; signal++)
        {
            // libc keeps two signals for itself, and refuses them.
            long expected = _c.Value[$"bit of signal {signal}"];
            if (expected < 0)
                continue;
            sigset_t set = default;
            set.Add(signal);
            ulong first = MemoryMarshal.Cast<sigset_t, ulong>(MemoryMarshal.CreateReadOnlySpan(ref set, 1))[0];
            Assert.Equal(1UL << (int)expected, first);
        }
    }

    [Fact]
    public void Signals_have_their_names()
    {
        foreach ((string name, long number) in _c.Value.Where(one => one.Key.StartsWith("SIG", StringComparison.Ordinal)))
        {
            if (name is not ("SIGRTMIN" or "SIGRTMAX" or "SIG_BLOCK" or "SIG_UNBLOCK" or "SIG_SETMASK"))
                Assert.Equal(name, Signals.Name((int)number));
        }

        Assert.Equal("SIGRTMIN+0", Signals.Name((int)_c.Value["SIGRTMIN"]));
    }

    [Fact]
    public void Clock_of_a_process_is_the_one_that_libc_makes()
    {
        KeyValuePair<string, long> clock = _c.Value.Single(one => one.Key.StartsWith("clock of ", StringComparison.Ordinal));
        int pid = int.Parse(clock.Key[9..], CultureInfo.InvariantCulture);
        Assert.Equal(clock.Value, LibC.ProcessCpuClock(pid, CpuClock.CPUCLOCK_SCHED));
    }

    [Fact]
    public unsafe void Clocks_of_user_and_of_all_CPU_time_are_told_apart()
    {
        // Until both have counted some ticks.
        long user = 0;
        long both = 0;
        while (user < 20_000_000)
        {
            user = Read(CpuClock.CPUCLOCK_VIRT);
            both = Read(CpuClock.CPUCLOCK_PROF);
        }

        Assert.True(both >= user);
        Assert.InRange(Read(CpuClock.CPUCLOCK_SCHED) / (double)both, 0.5, 2);

        static long Read(CpuClock clock)
        {
            timespec time;
            Assert.Equal(0, LibC.clock_gettime(LibC.ProcessCpuClock(Environment.ProcessId, clock), &time));
            return time.Nanoseconds;
        }
    }

    [Fact]
    public void Tick_of_proc_is_a_hundredth_of_a_second() => Assert.Equal(100, _c.Value["ticks"]);

    private static IEnumerable<Type> InteropTypes() =>
        typeof(LibC).Assembly.GetTypes().Where(type => type.Namespace == typeof(LibC).Namespace);

    private static long SizeOf(Type type) =>
        (int)typeof(System.Runtime.CompilerServices.Unsafe).GetMethod("SizeOf")!.MakeGenericMethod(type).Invoke(null, null)!;

    private static Dictionary<string, long> ReadFromC()
    {
        string text = Started.OutputAsync(Programs.PathOf("layout")).GetAwaiter().GetResult();
        var values = new Dictionary<string, long>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int space = line.LastIndexOf(' ');
            values[line[..space]] = long.Parse(line[(space + 1)..], CultureInfo.InvariantCulture);
        }

        return values;
    }
}
