using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols.Tests;

/// <summary>Symbols of real files. The witness is readelf of binutils.</summary>
public sealed class ElfTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Every_function_of_libc_is_found()
    {
        // Without the references to its debug file, which may be installed and has other names.
        string copy = Path.Combine(_folder.Path, "libc");
        Tools.Run("objcopy", "-R", ".gnu_debuglink", "-R", ".note.gnu.build-id", Tools.Libc(), copy);
        AllFound(copy, copy);
    }

    [SkippableTheory]
    [InlineData("-O1", "-no-pie")]
    [InlineData("-O1", "-fPIE", "-static-pie")]
    [InlineData("-O1", "-m64", "-Wl,-z,noseparate-code")]
    public void Every_function_of_a_program_is_found(params string[] options)
    {
        string program = Tools.Compile(_folder, options);
        AllFound(program, program);
    }

    [SkippableFact]
    public void Every_function_of_a_32_bit_program_is_found()
    {
        Machine.Need(Machine.Compiler("-m32"), Machine.Tool("readelf"));
        string source = Path.Combine(_folder.Path, "small.c");
        File.WriteAllText(source, string.Concat(Enumerable.Range(0, 9).Select(i => $"int f{i}(int x) {{ return x + {i}; }}\n")));
        string program = Path.Combine(_folder.Path, "small");
        Tools.Run("cc", "-m32", "-nostdlib", "-static", "-Wl,-e,f0", "-o", program, source);
        AllFound(program, program);
    }

    [SkippableFact]
    public void A_stripped_program_has_the_functions_of_its_debug_file()
    {
        string program = Tools.Compile(_folder, "-Wl,--build-id");
        string full = Path.Combine(_folder.Path, "full");
        File.Copy(program, full);
        Tools.Run("objcopy", "--only-keep-debug", program, Path.Combine(_folder.Path, "p.debug"));
        Tools.Run("strip", program);
        Assert.Null(Find(program, "helper", full));
        Tools.Run("objcopy", $"--add-gnu-debuglink={Path.Combine(_folder.Path, "p.debug")}", program);
        AllFound(program, full);
        File.WriteAllText(Path.Combine(_folder.Path, "p.debug"), "something else");
        Assert.Null(Find(program, "helper", full));
    }

    [SkippableTheory]
    [InlineData("-Wl,--build-id=none", true)]
    [InlineData("-Wl,--build-id=none", false)]
    public void A_debug_file_without_a_build_id_is_known_by_its_crc(string option, bool intact)
    {
        string program = Tools.Compile(_folder, option);
        string full = Path.Combine(_folder.Path, "full");
        File.Copy(program, full);
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, ".debug")).FullName;
        string debug = Path.Combine(folder, "p.debug");
        Tools.Run("objcopy", "--only-keep-debug", program, debug);
        Tools.Run("strip", program);
        Tools.Run("objcopy", $"--add-gnu-debuglink={debug}", program);
        if (!intact)
            File.AppendAllText(debug, "!");
        Assert.Equal(intact ? "helper" : null, Find(program, "helper", full));
    }

    [SkippableFact]
    public void A_debug_file_is_found_by_build_id_in_the_targets_root()
    {
        string program = Tools.Compile(_folder, "-Wl,--build-id");
        string full = Path.Combine(_folder.Path, "full");
        File.Copy(program, full);
        Tools.Run("strip", program);
        using SafeFileHandle file = RegularFile.Open(full, out _)!;
        string id = ElfImage.Read(file, out _)!.BuildId;
        Assert.Contains(id, Tools.Run("readelf", "-nW", full), StringComparison.Ordinal);
        string place = Path.Combine(_folder.Path, "root/usr/lib/debug/.build-id", id[..2]);
        Directory.CreateDirectory(place);
        Tools.Run("objcopy", "--only-keep-debug", full, Path.Combine(place, id[2..] + ".debug"));
        using TargetRoot root = TargetRoot.At(Path.Combine(_folder.Path, "root"), out _)!;
        AllFound(program, full, root);
    }

    [SkippableFact]
    public void Four_hundred_processes_read_a_file_once_and_dropped_tables_come_back()
    {
        var cache = new SymbolCache(limit: 1);
        ModuleSymbols[] modules = [.. Enumerable.Range(0, 400).Select(_ => Open(cache, Tools.Libc(), TargetRoot.Own))];
        Assert.Single(modules.Distinct());
        Assert.Equal(1, cache.Files);
        Assert.Equal(0, cache.Bytes);
        (ulong offset, string name) = Tools.Functions(Tools.Libc()).Where(f => f.Name == "qsort").Select(f => (f.Offset, f.Name)).First();
        Assert.Equal(name, modules[0].Find(offset));
        Assert.True(cache.Bytes > 10000);
        Assert.Equal(0, cache.Copied);

        // Another table over the limit drops the first.
        string program = Tools.Compile(_folder, "-O1");
        ModuleSymbols other = Open(cache, program, TargetRoot.Own);
        Assert.Equal("helper", other.Find(Tools.Functions(program).First(f => f.Name == "helper").Offset));
        Assert.Equal(0, modules[0].Bytes);
        Assert.Equal(name, modules[0].Find(offset));
    }

    [Fact]
    public void The_vdso_has_its_functions()
    {
        Vdso? vdso = Vdso.Read(out string? refusal);
        Assert.True(vdso is not null, refusal);
        HashSet<string> names = [];
        for (ulong offset = 0; offset < 16384; offset += 4)
            names.Add(vdso.Find(offset) ?? "");
        Assert.Contains(names, name => name.Contains("clock_gettime", StringComparison.Ordinal));
    }

    /// <summary>At the first and the last byte of each function that readelf shows, one of its names there is found.</summary>
    private static void AllFound(string path, string witness, TargetRoot? root = null)
    {
        var cache = new SymbolCache();
        ModuleSymbols module = Open(cache, path, root ?? TargetRoot.Own);
        List<(ulong Offset, ulong Size, string Name)> functions = [.. Tools.Functions(witness)];
        Assert.True(functions.Count > 5, "readelf shows no functions");
        ILookup<ulong, string> byStart = functions.ToLookup(f => f.Offset, f => f.Name);
        foreach ((ulong offset, ulong size, string name) in functions)
        {
            Assert.Contains(module.Find(offset), byStart[offset]);
            if (size > 1)
                Assert.NotNull(module.Find(offset + size - 1));
        }
    }

    private static string? Find(string path, string name, string witness)
    {
        var cache = new SymbolCache();
        return Open(cache, path, TargetRoot.Own).Find(Tools.Functions(witness).First(f => f.Name == name).Offset);
    }

    private static ModuleSymbols Open(SymbolCache cache, string path, TargetRoot root)
    {
        SafeFileHandle? file = RegularFile.Open(path, out string? refusal);
        Assert.True(file is not null, refusal);
        return cache.Get(file, path, root, out _)!;
    }
}
