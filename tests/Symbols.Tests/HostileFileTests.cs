using System.Buffers.Binary;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols.Tests;

/// <summary>Files that are not what they say: nothing throws, hangs, or opens what it must not.</summary>
public sealed class HostileFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Ten_thousand_mutated_files_do_no_harm()
    {
        byte[] sound = File.ReadAllBytes(Tools.Compile(_folder, "-Wl,--build-id"));
        var random = new Random(20261121);
        var all = Stopwatch.StartNew();
        ulong[] extremes = [0, 1, 0x7F, 0xFFFF, int.MaxValue, uint.MaxValue, 1UL << 32, long.MaxValue, 1UL << 63, ulong.MaxValue];
        int sectionsAt = (int)BinaryPrimitives.ReadUInt64LittleEndian(sound.AsSpan(40));
        for (int i = 0; i < 10_000; i++)
        {
            byte[] bytes = [.. sound];
            for (int k = random.Next(1, 6); k > 0; k--)
            {
                // Headers at the start, section headers at the end, anywhere.
                int at = random.Next(3) switch
                {
                    0 => random.Next(0, 64 + (14 * 56)),
                    1 => random.Next(sectionsAt, bytes.Length - 8),
                    _ => random.Next(bytes.Length - 8),
                };
                if (random.Next(2) == 0)
                    bytes[at] ^= (byte)(1 << random.Next(8));
                else
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at & ~7), extremes[random.Next(extremes.Length)]);
            }

            if (random.Next(4) == 0)
                Array.Resize(ref bytes, random.Next(bytes.Length));
            var one = Stopwatch.StartNew();
            ReadAll(new ByteSource(bytes));
            Assert.True(one.Elapsed < TimeSpan.FromSeconds(2), $"mutation {i} took {one.Elapsed}");
        }

        Assert.True(all.Elapsed < TimeSpan.FromSeconds(60), $"{all.Elapsed}");
    }

    [SkippableFact]
    public void A_file_that_claims_endless_sizes_ends()
    {
        byte[] bytes = File.ReadAllBytes(Tools.Compile(_folder, "-Wl,--build-id"));
        int sectionsAt = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(40));
        for (int at = sectionsAt; at + 64 <= bytes.Length; at += 64)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at + 32), 1UL << 63);
        for (int at = 64; at < 64 + (12 * 56); at += 56)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at + 32), 1UL << 63);
        ReadAll(new ByteSource(bytes));
        string path = Path.Combine(_folder.Path, "sparse");
        using (FileStream file = File.Create(path))
        {
            file.Write(bytes);
            file.SetLength(1L << 40);
        }

        var watch = Stopwatch.StartNew();
        var cache = new SymbolCache();
        using SafeFileHandle handle = RegularFile.Open(path, out _)!;
        ModuleSymbols module = cache.Get(handle, path, TargetRoot.Own, out _)!;
        for (ulong offset = 0; offset < 1 << 14; offset += 64)
            _ = module.Find(offset);
        Assert.True(watch.Elapsed < Wait.Limit, $"{watch.Elapsed}");
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_sparse_table_of_symbols_ends(bool emptyNames)
    {
        byte[] bytes = File.ReadAllBytes(Tools.Compile(_folder, "-Wl,--build-id"));
        int sectionsAt = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(40));
        for (int at = sectionsAt; at + 64 <= bytes.Length; at += 64)
        {
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            if (type is ElfSection.SHT_SYMTAB or ElfSection.SHT_DYNSYM || (type == ElfSection.SHT_STRTAB && !emptyNames))
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at + 32), type == ElfSection.SHT_STRTAB ? 1UL << 28 : 1UL << 39);
        }

        string path = Path.Combine(_folder.Path, "sparse");
        using (FileStream file = File.Create(path))
        {
            file.Write(bytes);
            file.SetLength(1L << 40);
        }

        var watch = Stopwatch.StartNew();
        var cache = new SymbolCache();
        ModuleSymbols module = cache.Get(RegularFile.Open(path, out _)!, path, TargetRoot.Own, out _)!;
        for (ulong offset = 0; offset < 1 << 14; offset += 64)
            _ = module.Find(offset);
        Assert.True(watch.Elapsed < Wait.Limit, $"{watch.Elapsed}");
        Assert.Equal(0, cache.Copied);
    }

    /// <summary>A library's names are read, and not the 600 MB that its table of strings is said to have.</summary>
    [SkippableFact]
    public void A_huge_table_of_strings_is_not_taken_into_memory()
    {
        byte[] bytes = File.ReadAllBytes(Tools.Compile(_folder));
        int sectionsAt = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(40));
        for (int at = sectionsAt; at + 64 <= bytes.Length; at += 64)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4)) == ElfSection.SHT_STRTAB)
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at + 32), 500UL << 20);
        }

        string path = Path.Combine(_folder.Path, "sparse");
        using (FileStream file = File.Create(path))
        {
            file.Write(bytes);
            file.SetLength(1L << 30);
        }

        ulong helper = Convert.ToUInt64(
            Tools.Run("nm", Path.Combine(_folder.Path, "p")).Split('\n').Single(line => line.EndsWith(" T helper", StringComparison.Ordinal))[..16], 16);
        using SafeFileHandle handle = RegularFile.Open(path, out _)!;
        var source = new ByteSource(handle, 1UL << 30);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ElfImage image = ElfImage.Read(source, out _)!;
        var builder = new SymbolTableBuilder();
        ElfSymbols.AddTo(builder, image, source);
        SymbolTable table = builder.Build();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.Equal("helper", table.Find(helper));
    }

    /// <summary>Each symbol has a name of its own, in a file that has them all.</summary>
    [Fact]
    public void Names_are_kept_up_to_a_limit()
    {
        const int Symbols = 20_000;
        var names = new byte[Symbols * 60_000L / 1000];
        Array.Fill(names, (byte)'y');
        var builder = new SymbolTableBuilder();
        builder.Names(new(names), 0, (ulong)names.Length);
        for (uint i = 0; i < Symbols; i++)
            builder.Add(0x1000 + (i * 16), 0x1010 + (i * 16), i, SymbolTraits.Sized);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SymbolTable table = builder.Build();
        Assert.InRange(table.Bytes, 1, 65536 + (2 * names.Length) + (16 * Symbols));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void Millions_of_long_names_at_one_address_end()
    {
        var builder = new SymbolTableBuilder();
        byte[] names = new byte[1 << 20];
        Array.Fill(names, (byte)'x');
        builder.Names(new(names), 0, (ulong)names.Length);
        var watch = Stopwatch.StartNew();
        for (uint i = 0; i < 3_000_000; i++)
            builder.Add(0x1000 + (i & 1), 0x2000 + i, i % 1000, SymbolTraits.Sized);
        SymbolTable table = builder.Build();
        Assert.InRange(table.Count, 1, 4);

        // On a machine with ten times as much to do it takes a minute; by the square of their number it would take days.
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(5), $"{watch.Elapsed}");
    }

    [SkippableFact]
    public void Only_regular_files_are_opened()
    {
        string fifo = Path.Combine(_folder.Path, "fifo");
        Tools.Run("mkfifo", fifo);
        foreach (string path in new[] { fifo, _folder.Path, "/dev/zero", "/dev/null", "/nowhere", "a\0b", "" })
        {
            Assert.Null(RegularFile.Open(path, out string? refusal));
            Assert.NotNull(refusal);
        }

        using var zero = File.OpenHandle("/dev/zero");
        Assert.Null(ElfImage.Read(zero, out _));
        Assert.Null(JitMap.Read(zero, out _));
        var cache = new SymbolCache();
        Assert.Null(cache.Get(File.OpenHandle("/dev/zero"), "/dev/zero", TargetRoot.Own, out string? why));
        Assert.NotNull(why);
    }

    /// <summary>What was copied of a file stays as it was; what was not is of the file alone that was seen.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_shrinks_or_is_replaced_gives_what_was_copied(bool stopped)
    {
        string path = Path.Combine(_folder.Path, "copy");
        File.Copy(Tools.Libc(), path);
        var cache = new SymbolCache();
        ModuleSymbols module = cache.Get(RegularFile.Open(path, out _)!, path, TargetRoot.Own, out _, () => stopped)!;
        Assert.Equal(!stopped, cache.Copied > 0);
        using (FileStream file = File.OpenWrite(path))
            file.SetLength(5000);
        int found = Enumerable.Range(0, 1 << 8).Count(page => module.Find((ulong)page << 12) is not null);
        Assert.Equal(!stopped, found > 50);
        Assert.Equal(stopped, module.Refusal is not null);
        Assert.Equal(0, cache.Copied);
    }

    [Fact]
    public void Symlinks_do_not_lead_out_of_a_targets_root()
    {
        string root = Directory.CreateDirectory(Path.Combine(_folder.Path, "root")).FullName;
        Directory.CreateDirectory(Path.Combine(root, "lib"));
        File.WriteAllText(Path.Combine(_folder.Path, "secret"), "outside");
        File.WriteAllText(Path.Combine(root, "secret"), "inside");
        File.CreateSymbolicLink(Path.Combine(root, "lib/up"), "../../secret");
        File.CreateSymbolicLink(Path.Combine(root, "lib/absolute"), "/secret");
        File.CreateSymbolicLink(Path.Combine(root, "lib/out"), Path.Combine(_folder.Path, "secret"));
        File.CreateSymbolicLink(Path.Combine(root, "lib/magic"), "/proc/self/exe");
        File.CreateSymbolicLink(Path.Combine(root, "lib/loop"), "loop");
        using TargetRoot? target = TargetRoot.At(root, out string? refusal);
        Assert.True(target is { IsOwn: false }, refusal);
        Assert.Equal("inside", Text(target, "/lib/up"));
        Assert.Equal("inside", Text(target, "/lib/absolute"));
        Assert.Equal("inside", Text(target, "/../../../../secret"));
        Assert.Null(Text(target, "/lib/out"));
        Assert.Null(Text(target, "/lib/magic"));
        Assert.Null(Text(target, "/lib/loop"));
        Assert.Null(Text(target, "/lib"));
        target.Dispose();
        Assert.Null(Text(target, "/secret"));
    }

    [Fact]
    public void Our_own_root_is_known_as_such()
    {
        Assert.Same(TargetRoot.Own, TargetRoot.OfProcess(Environment.ProcessId, out _));
        Assert.Null(TargetRoot.OfProcess(int.MaxValue, out string? refusal));
        Assert.NotNull(refusal);
    }

    private static string? Text(TargetRoot root, string path)
    {
        using SafeFileHandle? file = root.Open(path, out _);
        if (file is null)
            return null;
        byte[] bytes = new byte[100];
        return System.Text.Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
    }

    private static void ReadAll(ByteSource source)
    {
        if (ElfImage.Read(source, out string? refusal) is not ElfImage image)
        {
            Assert.NotNull(refusal);
            return;
        }

        var builder = new SymbolTableBuilder();
        ElfSymbols.AddTo(builder, image, source);
        SymbolTable table = builder.Build();
        Assert.True(table.Bytes < 1 << 20);
        foreach (ulong offset in new ulong[] { 0, 0x1000, 0x1100, 0x1149, 0x2000, ulong.MaxValue })
        {
            if (image.TryToAddress(offset, out ulong address))
                _ = table.Find(address);
        }
    }
}
