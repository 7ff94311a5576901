namespace ForkFollow.Symbols.Tests;

/// <summary>
/// libdw in our own process on files with flipped bits: the same ones in each run. A crash ends the test run: then
/// unwinding has to move to a child process (docs/adr/0012).
/// </summary>
public sealed class UnwindingTests : IDisposable
{
    private const int Cases = 200;
    private const int StacksOfCase = 40;
    private const ulong Base = 0x7f00_0000_0000;
    private const ulong StackAt = 0x7ffd_0000_0000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(".eh_frame")]
    [InlineData(".eh_frame_hdr")]
    [InlineData("headers")]
    public void Flipped_bits_in_unwind_tables_do_no_harm(string where)
    {
        Chain.NeedLibrary();
        byte[] file = File.ReadAllBytes(Chain.Compile(_folder));
        int whole = Unwind(file, 0);
        Assert.True(whole > 2 * StacksOfCase, $"{whole} frames");

        int frames = Enumerable.Range(1, Cases).Sum(seed => Unwind(Flip(file, where, seed), seed));

        Assert.InRange(frames, 1, Cases * StacksOfCase * UnwindState.MostFrames);
    }

    [SkippableFact]
    public void A_large_library_with_flipped_bits_does_no_harm()
    {
        Chain.NeedLibrary();
        string? library = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1])
            .FirstOrDefault(path => path.Contains("/libc.so", StringComparison.Ordinal) || path.Contains("/libc-", StringComparison.Ordinal));
        Machine.Need(library is null ? "no C library is mapped" : null);
        byte[] file = File.ReadAllBytes(library!);

        int frames = Enumerable.Range(1, Cases).Sum(seed => Unwind(Flip(file, ".eh_frame", seed, oneIn: 50), seed));

        Assert.InRange(frames, 1, Cases * StacksOfCase * UnwindState.MostFrames);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1000)]
    [InlineData(9000)]
    public void A_file_that_is_cut_off_does_no_harm(int length)
    {
        Chain.NeedLibrary();
        byte[] file = File.ReadAllBytes(Chain.Compile(_folder));
        Assert.InRange(Unwind(file[..Math.Min(length, file.Length)], 0), 0, StacksOfCase * UnwindState.MostFrames);
    }

    /// <summary>Unwinds from many places of its code, with stacks full of addresses of it. Returns how many frames came.</summary>
    private static int Unwind(byte[] file, int seed)
    {
        using UnwindImage? image = UnwindImage.Make(new ByteSource(file));
        ElfSegment text = image?.Image.Segments.FirstOrDefault(one => one.Type == ElfSegment.PT_LOAD && (one.Flags & ElfSegment.PF_X) != 0) ?? default;
        if (text.FileSize == 0 || text.Address > Base || text.FileSize > 1 << 30)
            return 0;
        var code = new CodeMap();
        code.Add(new(Base + (text.Address & ~0xfffUL), Base + text.Address + text.FileSize, text.Offset & ~0xfffUL, 0));
        using var unwinder = ProcessUnwinder.Open(code, _ => image);
        if (unwinder is null)
            return 0;

        var random = new Random(seed);
        ulong[] stack = [.. Enumerable.Range(0, 64).Select(_ => Base + text.Address + (ulong)random.NextInt64((long)text.FileSize))];
        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<ulong>(stack);
        ulong[] frames = new ulong[UnwindState.MostFrames];
        int sum = 0;
        for (int i = 0; i < StacksOfCase; i++)
        {
            ulong[] registers = [.. Enumerable.Range(0, UserRegisters.Count).Select(_ => StackAt + (ulong)random.Next(512))];
            registers[UserRegisters.StackPointer] = StackAt;
            registers[^1] = Base + text.Address + (ulong)random.NextInt64((long)text.FileSize);
            sum += unwinder.Unwind(registers, bytes, frames);
        }

        return sum;
    }

    private static byte[] Flip(byte[] file, string where, int seed, int oneIn = 100)
    {
        byte[] flipped = [.. file];
        var source = new ByteSource(file);
        ElfImage image = ElfImage.Read(source, out _)!;
        var random = new Random(seed);
        (int Start, int Length) range = where == "headers"
            ? (16, 48 + (image.Segments.Length * 56))
            : RangeOf(image, source, where);
        for (int i = 0; i < Math.Max(1, range.Length / oneIn); i++)
            flipped[range.Start + random.Next(range.Length)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    private static (int Start, int Length) RangeOf(ElfImage image, ByteSource source, string name)
    {
        ElfSection section = image.Sections.Single(one => image.IsNamed(source, one, System.Text.Encoding.ASCII.GetBytes(name + "\0")));
        return ((int)section.Offset, (int)section.Size);
    }
}
