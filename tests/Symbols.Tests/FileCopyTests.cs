using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols.Tests;

/// <summary>What is kept of files that do not stay open.</summary>
public sealed class FileCopyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void A_file_that_is_gone_has_its_functions_and_its_unwind_tables()
    {
        string program = Tools.Compile(_folder, "-O1", "-Wl,--build-id");
        ulong helper = Tools.Functions(program).First(f => f.Name == "helper").Offset;
        using UnwindImage ofFile = Image(program)!;
        var cache = new SymbolCache(unwinds: true);
        using SafeFileHandle file = RegularFile.Open(program, out _)!;
        ModuleSymbols module = cache.Get(file, program, TargetRoot.Own, out _)!;
        Assert.True(file.IsClosed);
        File.Delete(program);

        Assert.InRange(cache.Copied, 1000, new FileInfo(Tools.Libc()).Length);
        using UnwindImage? image = module.OpenImage();
        Assert.Equal(ofFile.Copied, image!.Copied);
        Assert.Equal("helper", module.Find(helper));
        Assert.Equal(0, cache.Copied);
    }

    [SkippableFact]
    public void A_file_whose_reading_was_ended_is_read_with_the_next_process_or_when_it_is_asked_for()
    {
        string program = Tools.Compile(_folder, "-O1");
        ulong helper = Tools.Functions(program).First(f => f.Name == "helper").Offset;
        var cache = new SymbolCache();
        ModuleSymbols Get(bool stop) => cache.Get(RegularFile.Open(program, out _)!, program, TargetRoot.Own, out _, () => stop)!;
        ModuleSymbols module = Get(stop: true);
        Assert.Equal(0, cache.Copied);
        Assert.Same(module, Get(stop: false));
        Assert.True(cache.Copied > 0);

        cache = new();
        Assert.Equal("helper", Get(stop: true).Find(helper));
    }

    /// <summary>16 MiB of one file: the rest is in the file.</summary>
    [SkippableFact]
    public void A_large_file_is_not_copied_and_found_again_if_it_is_the_same()
    {
        string source = Path.Combine(_folder.Path, "large.s");
        File.WriteAllText(source, $".globl {new string('x', 60_000)}\n" + string.Concat(
            Enumerable.Range(0, 300).Select(i => $".globl {new string('y', 60_000)}{i}\n.type {new string('y', 60_000)}{i},@function\n{new string('y', 60_000)}{i}: nop\n.size {new string('y', 60_000)}{i},1\n")));
        string library = Path.Combine(_folder.Path, "large.so");
        Tools.Run("cc", "-shared", "-nostdlib", source, "-o", library);
        (ulong Offset, string Name)[] functions = [.. Tools.Functions(library).Select(f => (f.Offset, f.Name))];
        Assert.Equal(300, functions.Select(f => f.Name).Distinct().Count());
        var cache = new SymbolCache();
        ModuleSymbols module = cache.Get(RegularFile.Open(library, out _)!, library, TargetRoot.Own, out _)!;
        Assert.Equal(0, cache.Copied);
        Assert.Equal(functions[0].Name, module.Find(functions[0].Offset));

        cache = new();
        module = cache.Get(RegularFile.Open(library, out _)!, library, TargetRoot.Own, out _)!;
        File.Move(library, library + ".old");
        File.Copy(library + ".old", library);
        Assert.Null(module.Find(functions[0].Offset));
        Assert.NotNull(module.Refusal);
    }

    [Fact]
    public void Parts_are_read_where_they_were_and_nothing_in_between_is_there()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        ByteSource copy = new ByteSource(bytes).Copy([new(990, 100), new(100, 50), new(140, 20), new(160, 1), new(2000, 5), new(5, 0)], 1000, () => false)!;
        Assert.Equal(1000UL, copy.Length);
        Assert.Equal(61 + 10, copy.Copied);
        Span<byte> buffer = stackalloc byte[100];
        Assert.Equal(61, copy.Read(100, buffer));
        Assert.Equal(bytes[100..161], buffer[..61].ToArray());
        Assert.Equal(1, copy.Read(160, buffer));
        Assert.Equal(10, copy.Read(990, buffer));
        Assert.Equal(bytes[990..], buffer[..10].ToArray());
        Assert.Equal(0, copy.Read(99, buffer));
        Assert.Equal(0, copy.Read(161, buffer));
        Assert.Null(new ByteSource(bytes).Copy([new(0, 600), new(600, 401)], 999, () => false));
        Assert.Null(new ByteSource(bytes).Copy([new(0, 600)], 999, () => true));
    }

    [SkippableFact]
    public void Only_what_is_on_the_file_system_of_our_root_is_opened_there()
    {
        using SafeFileHandle? libc = RegularFile.OpenOnRootMount(Path.GetFullPath(Tools.Libc()), out string? refusal);
        Machine.Need(OwnFileSystem(Tools.Libc()) ? null : "the C library is not on the file system of the root directory");
        Assert.True(libc is not null, refusal);
        Assert.True(RegularFile.IsOnRootMount(libc));
        Assert.Null(RegularFile.OpenOnRootMount("/proc/self/status", out refusal));
        Assert.NotNull(refusal);
        Assert.Null(RegularFile.OpenOnRootMount("etc/passwd", out _));
        string link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, "/proc/version");
        Assert.Null(RegularFile.OpenOnRootMount(link, out _));
        using SafeFileHandle? status = RegularFile.Open("/proc/self/status", out _);
        Assert.False(RegularFile.IsOnRootMount(status!));
    }

    private static bool OwnFileSystem(string path) => Tools.Run("stat", "-c", "%m", path).Trim() == "/";

    private static UnwindImage? Image(string path)
    {
        using SafeFileHandle file = RegularFile.Open(path, out _)!;
        return UnwindImage.Make(new ByteSource(file, (ulong)new FileInfo(path).Length));
    }
}
