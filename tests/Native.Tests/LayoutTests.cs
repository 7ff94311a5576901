using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ForkFollow.Native.Tests;

/// <summary>
/// Every constant, struct size and field offset of Native, and of what we use of Tmds.LibC, is what the C headers of this machine
/// say. What is declared is found by reflection, and the C program that tells is made of it: there is no list to forget a line in.
/// </summary>
public sealed class LayoutTests : IClassFixture<CProgram>
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Structs whose C name is not "struct NAME".</summary>
    private static readonly Dictionary<string, string> _typesInC = new()
    {
        ["statx_t"] = "struct statx",
        ["sigchld_info"] = "siginfo_t",
        ["posix_spawnattr_t"] = "posix_spawnattr_t",
        ["posix_spawn_file_actions_t"] = "posix_spawn_file_actions_t",
        ["sigset_t"] = "sigset_t",
    };

    /// <summary>Fields of a struct within the struct, and constants that are offsets.</summary>
    private static readonly Dictionary<string, string> _namesInC = new()
    {
        ["stx_mtime_sec"] = "stx_mtime.tv_sec",
        ["stx_mtime_nsec"] = "stx_mtime.tv_nsec",
        ["DirentReclen"] = "offsetof(struct dirent64, d_reclen)",
        ["DirentName"] = "offsetof(struct dirent64, d_name)",
        ["MmapPageDataHead"] = "offsetof(struct perf_event_mmap_page, data_head)",
        ["MmapPageDataTail"] = "offsetof(struct perf_event_mmap_page, data_tail)",
        ["PERF_ATTR_SIZE_VER7"] = "128",
        ["PERF_EVENT_IOC_ID"] = "(int)PERF_EVENT_IOC_ID",
    };

    /// <summary>In no header of user space: the tests of clocks below hold them to what the kernel does.</summary>
    private static readonly string[] _inNoHeader = ["CPUCLOCK_PROF", "CPUCLOCK_VIRT", "CPUCLOCK_SCHED"];

    /// <summary>Ours, and C's by no name; kernel_sigaction is in no header of libc, and held to what the kernel does.</summary>
    private static readonly Type[] _notOfC = [typeof(ProcOutcome), typeof(FileIdentity), typeof(kernel_sigaction)];

    private static readonly Type[] _ofTmds = [typeof(pollfd), typeof(open_how), typeof(winsize), typeof(timespec), typeof(sigset_t)];

    private readonly CProgram _program;

    public LayoutTests(CProgram program) => _program = program;

    [Fact]
    public void Constants_sizes_and_offsets_are_those_of_the_headers()
    {
        Type[] types = [.. typeof(Linux).Assembly.GetExportedTypes().Where(type => !IsOfElfutils(type) && !_notOfC.Contains(type))];
        List<Told> all = [.. types.SelectMany(Tell), .. _ofTmds.SelectMany(Layout)];
        Assert.True(all.Count > 200, $"only {all.Count} facts were found");
        Compare(all, "#include <linux/perf_event.h>");
    }

    [SkippableFact]
    public void Sizes_and_offsets_of_elfutils_are_those_of_its_headers()
    {
        Machine.Need(Machine.Header("elfutils/libdwfl.h", "libdw-dev"));
        Compare([.. typeof(LibDw).Assembly.GetExportedTypes().Where(IsOfElfutils).SelectMany(Tell)], "#include <elfutils/libdwfl.h>");
    }

    /// <summary>sigaction of Tmds.LibC shows its fields as properties: what it writes must be where C reads it.</summary>
    [Fact]
    public unsafe void Handler_and_flags_of_a_sigaction_are_where_C_has_them()
    {
        sigaction action = default;
        action.sa_handler = (void*)0x1234;
        action.sa_flags = 0x5678;
        Dictionary<string, long> c = _program.Run("", "",
            "SHOW(\"size\", sizeof(struct sigaction)); SHOW(\"handler\", offsetof(struct sigaction, sa_handler));"
            + "SHOW(\"flags\", offsetof(struct sigaction, sa_flags));");
        Assert.Equal(c["size"], sizeof(sigaction));
        Assert.Equal(0x1234, *(long*)((byte*)&action + c["handler"]));
        Assert.Equal(0x5678, *(int*)((byte*)&action + c["flags"]));
    }

    [Fact]
    public void Signals_have_their_bits_in_a_set()
    {
        Dictionary<string, long> c = _program.Run("", "",
            "for (int i = 1; i <= 64; i++) { sigset_t set; unsigned long first; sigemptyset(&set); sigaddset(&set, i);"
            + " memcpy(&first, &set, sizeof first); printf(\"%d %d\\n\", i, first == 0 ? -1 : __builtin_ctzl(first)); }");
        foreach ((string signal, long bit) in c)
        {
            // libc keeps two signals for itself, and refuses them.
            if (bit < 0)
                continue;
            sigset_t set = default;
            set.Add(int.Parse(signal, CultureInfo.InvariantCulture));
            Assert.Equal(1UL << (int)bit, MemoryMarshal.Cast<sigset_t, ulong>(MemoryMarshal.CreateReadOnlySpan(ref set, 1))[0]);
        }
    }

    [Fact]
    public void Clock_of_a_process_is_the_one_that_libc_makes()
    {
        Dictionary<string, long> c = _program.Run("", "",
            "clockid_t clock; clock_getcpuclockid(getpid(), &clock); SHOW(\"pid\", getpid()); SHOW(\"clock\", clock);");
        Assert.Equal(c["clock"], Linux.ProcessCpuClock((int)c["pid"], CpuClock.CPUCLOCK_SCHED));
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
            Assert.Equal(0, Linux.clock_gettime(Linux.ProcessCpuClock(Environment.ProcessId, clock), &time));
            return time.Nanoseconds();
        }
    }

    [Fact]
    public void Tick_of_proc_is_a_hundredth_of_a_second() =>
        Assert.Equal(100, _program.Run("", "", "SHOW(\"ticks\", sysconf(_SC_CLK_TCK));")["ticks"]);

    private void Compare(IReadOnlyList<Told> all, string include)
    {
        Dictionary<string, long> c = _program.Run(include, "", string.Concat(all.Select(one => one.InC)));
        Assert.Equal(
            string.Join('\n', all.Select(one => $"{one.Name} {c[one.Name]}")), string.Join('\n', all.Select(one => $"{one.Name} {one.Value}")));
    }

    private static bool IsOfElfutils(Type type) =>
        type == typeof(LibDw) || type == typeof(LibElf) || type.Name.StartsWith("Dwfl_", StringComparison.Ordinal);

    private static IEnumerable<Told> Tell(Type type) =>
        type == typeof(PerfAttrFlags) ? Bits(type)
        : type.IsEnum ? Members(type)
        : type is { IsValueType: true, IsEnum: false } ? Layout(type)
        : Constants(type);

    private static IEnumerable<Told> Members(Type type) =>
        Enum.GetNames(type).Where(name => name != "None" && !_inNoHeader.Contains(name))
            .Select(name => new Told(name, Number(Enum.Parse(type, name)), $"SHOW(\"{name}\", {name});\n"));

    /// <summary>A bit field has no offset: it is set, and looked for.</summary>
    private static IEnumerable<Told> Bits(Type type) =>
        Enum.GetNames(type).Where(name => name != "None").Select(name => new Told(
            "bit " + name, Number(Enum.Parse(type, name)),
            $"{{ struct perf_event_attr a; memset(&a, 0, sizeof a); a.{name} = 1; SHOW(\"bit {name}\", ((unsigned long long *)&a)[5]); }}\n"));

    private static IEnumerable<Told> Constants(Type type) => type.GetFields(BindingFlags.Static | BindingFlags.Public)
        .Where(field => field.IsLiteral && field.FieldType != typeof(string) && !type.IsEnum)
        .Select(field => new Told(
            field.Name, Number(field.GetRawConstantValue()!), $"SHOW(\"{field.Name}\", {_namesInC.GetValueOrDefault(field.Name, field.Name)});\n"));

    private static IEnumerable<Told> Layout(Type type)
    {
        string inC = _typesInC.GetValueOrDefault(type.Name, IsOfElfutils(type) ? type.Name : "struct " + type.Name);
        yield return new("sizeof " + type.Name, SizeOf(type), $"SHOW(\"sizeof {type.Name}\", sizeof({inC}));\n");
        foreach (FieldInfo field in type.GetFields(Fields).Where(field => field.IsPublic && field.Name != "flags" | type != typeof(perf_event_attr)))
        {
            yield return new(
                $"{type.Name}.{field.Name}", Marshal.OffsetOf(type, field.Name),
                $"SHOW(\"{type.Name}.{field.Name}\", offsetof({inC}, {_namesInC.GetValueOrDefault(field.Name, field.Name)}));\n");
        }
    }

    private static long SizeOf(Type type) =>
        (int)typeof(System.Runtime.CompilerServices.Unsafe).GetMethod("SizeOf")!.MakeGenericMethod(type).Invoke(null, null)!;

    private static long Number(object value) => unchecked((long)(decimal.ToInt64(Convert.ToDecimal(value, CultureInfo.InvariantCulture) is var number
        && number > long.MaxValue ? number - ulong.MaxValue - 1 : number)));

    private sealed record Told(string Name, long Value, string InC);
}

/// <summary>Compiles and runs small C programs. They may show lines "NAME VALUE".</summary>
public sealed class CProgram : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("forkfollow-test-");
    private int _count;

    public void Dispose() => _folder.Delete(recursive: true);

    internal Dictionary<string, long> Run(string include, string functions, string body)
    {
        string source = Path.Combine(_folder.FullName, $"{_count++}.c");
        File.WriteAllText(
            source,
            $$"""
            #define _GNU_SOURCE
            #include <dirent.h>
            #include <errno.h>
            #include <fcntl.h>
            #include <poll.h>
            #include <signal.h>
            #include <spawn.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <string.h>
            #include <time.h>
            #include <unistd.h>
            #include <linux/mount.h>
            #include <linux/openat2.h>
            #include <sys/inotify.h>
            #include <sys/ioctl.h>
            #include <sys/mman.h>
            #include <sys/ptrace.h>
            #include <sys/resource.h>
            #include <sys/stat.h>
            #include <sys/syscall.h>
            #include <sys/time.h>
            #include <sys/wait.h>
            {{include}}
            #define SHOW(name, value) printf("%s %lld\n", name, (long long)(value))
            {{functions}}
            int main(void) { {{body}} return 0; }
            """);
        Started.OutputAsync("cc", source, "-o", source + ".out").GetAwaiter().GetResult();
        var values = new Dictionary<string, long>();
        foreach (string line in Started.OutputAsync(source + ".out").GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int space = line.LastIndexOf(' ');
            values[line[..space]] = long.Parse(line[(space + 1)..], CultureInfo.InvariantCulture);
        }

        return values;
    }
}
