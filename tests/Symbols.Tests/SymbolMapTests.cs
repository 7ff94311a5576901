using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols.Tests;

/// <summary>Symbols that stand in text: perf maps and /proc/kallsyms; and what they are opened by.</summary>
public sealed class SymbolMapTests
{
    [Fact]
    public void Later_lines_of_a_perf_map_win()
    {
        JitMap map = Read("1000 100 first\n0x1040 0x20 inner\n2000 10 two words(int, char)\n0fff 2 edge\n");
        Assert.Equal("edge", map.Find(0xFFF));
        Assert.Equal("edge", map.Find(0x1000));
        Assert.Equal("first", map.Find(0x1001));
        Assert.Equal("first", map.Find(0x103F));
        Assert.Equal("inner", map.Find(0x1040));
        Assert.Equal("inner", map.Find(0x105F));
        Assert.Equal("first", map.Find(0x1060));
        Assert.Equal("first", map.Find(0x10FF));
        Assert.Null(map.Find(0x1100));
        Assert.Equal("two words(int, char)", map.Find(0x200F));
        Assert.Equal(0, map.Skipped);
    }

    [Fact]
    public void Rubbish_in_a_perf_map_is_counted_and_skipped()
    {
        string longLine = new('x', 1 << 20);
        JitMap map = Read($"\n1000\n1000 10\n1000 10 \nxyz 10 a\n-1 10 a\n1000 0 none\nffffffffffffffff 10 over\n"
            + $"11111111111111111 1 digits\n{longLine}\n1000 10 a\0b\n3000 10 good\n4000 10 last");
        Assert.Equal("good", map.Find(0x3000));
        Assert.Equal("last", map.Find(0x4000));
        Assert.Equal(2, map.Count);
        Assert.Equal(11, map.Skipped);
        Assert.Equal(0, Read("").Count);
    }

    [Fact]
    public void A_random_perf_map_agrees_with_painting()
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            string?[] painted = new string?[300];
            var text = new StringBuilder();
            for (int i = 0; i < random.Next(1, 60); i++)
            {
                int start = random.Next(250);
                int size = random.Next(1, 50);
                text.Append($"{start:x} {size:x} f{i}\n");
                Array.Fill(painted, $"f{i}", start, size);
            }

            JitMap map = Read(text.ToString());
            for (int at = 0; at < painted.Length; at++)
                Assert.Equal(painted[at], map.Find((ulong)at));
        }
    }

    [Fact]
    public void A_million_overlapping_lines_take_seconds()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 1_000_000; i++)
            text.Append($"{i:x} {2_000_000 - i:x} f\n");
        var watch = Stopwatch.StartNew();
        JitMap map = Read(text.ToString());
        Assert.Equal("f", map.Find(500));
        Assert.True(watch.Elapsed < Wait.Limit, $"{watch.Elapsed}");
    }

    /// <summary>A file that is as long as somebody likes, of names as long as a line may be, and of more functions than anybody has.</summary>
    [Theory]
    [InlineData(200_000)]
    [InlineData(10)]
    public void A_huge_perf_map_is_read_up_to_a_limit(int name)
    {
        byte[] line = Encoding.UTF8.GetBytes($"1000 10 {new string('x', name)}\n");
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.OpenWrite(path))
            {
                byte[] lines = [.. Enumerable.Repeat(line, Math.Max(1, (4 << 20) / line.Length)).SelectMany(one => one)];
                for (long at = 0; at < 300L << 20; at += lines.Length)
                    file.Write(lines);
            }

            using SafeFileHandle opened = File.OpenHandle(path);
            long before = GC.GetAllocatedBytesForCurrentThread();
            JitMap map = JitMap.Read(opened, out _)!;
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 700 << 20);
            Assert.True(map.IsCut);
            Assert.NotNull(map.Find(0x1000));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [SkippableFact]
    public void The_perf_map_of_a_process_is_found_and_must_be_its_owners()
    {
        string path = $"/tmp/perf-{Environment.ProcessId}.map";
        Machine.Need(File.Exists(path) ? "the runtime writes a perf map itself" : null, Machine.Root("to give a file away"));
        try
        {
            File.WriteAllText(path, "1000 10 mine\n");
            using SafeFileHandle? file = JitMap.Open(Environment.ProcessId, TargetRoot.Own, out string found, out string? refusal);
            Assert.Equal(path, found);
            Assert.True(file is not null, refusal);
            Assert.Equal("mine", JitMap.Read(file, out _)!.Find(0x1000));
            Tools.Run("chown", "65534", path);
            Assert.Null(JitMap.Open(Environment.ProcessId, TargetRoot.Own, out _, out refusal));
            Assert.NotNull(refusal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Kernel_symbols_end_where_the_next_begins()
    {
        KernelSymbols kernel = Kernel(
            "ffffffff81000000 T _text\nffffffff81000000 t startup\nffffffff81000100 D data\nffffffff81000200 t local\n"
            + "ffffffffc0000000 t init\t[ext4]\nffffffffc0000010 T run\t[ext4]\nffffffffc0100000 t prog\t[bpf]\nrubbish\n");
        Assert.Equal("text", kernel.Find(0xffffffff81000000, out string? module)?.TrimStart('_'));
        Assert.Null(module);
        Assert.Equal("local", kernel.Find(0xffffffff81000fff, out _));
        Assert.Null(kernel.Find(0xffffffffa0000000, out _));
        Assert.Equal("init", kernel.Find(0xffffffffc000000f, out module));
        Assert.Equal("ext4", module);
        Assert.Equal("run", kernel.Find(0xffffffffc0000010, out _));
        Assert.Equal("prog", kernel.Find(0xffffffffc0100008, out module));
        Assert.Equal("bpf", module);
        Assert.Null(kernel.Find(0xfffffffff0000000, out _));
    }

    [Fact]
    public void Hidden_kernel_addresses_are_told()
    {
        KernelSymbols kernel = KernelSymbols.Read(
            new ByteSource("0000000000000000 T _text\n0000000000000000 t a\t[b]\n"u8.ToArray()), out bool hidden);
        Assert.True(hidden);
        Assert.Equal(0, kernel.Count);
    }

    [SkippableFact]
    public void The_running_kernel_has_symbols_or_says_why_not()
    {
        KernelSymbols? kernel = KernelSymbols.Read(out string? refusal);
        Machine.Need(kernel is null ? refusal : null);
        foreach (string line in File.ReadLines("/proc/kallsyms").Where(line => line.EndsWith(" T vfs_read", StringComparison.Ordinal)))
            Assert.Equal("vfs_read", kernel!.Find(Convert.ToUInt64(line[..16], 16), out _));
    }

    private static JitMap Read(string text) => JitMap.Read(new ByteSource(Encoding.UTF8.GetBytes(text)));

    private static KernelSymbols Kernel(string text) => KernelSymbols.Read(new ByteSource(Encoding.UTF8.GetBytes(text)), out _);
}
