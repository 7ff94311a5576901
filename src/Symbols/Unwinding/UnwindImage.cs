using System.Buffers.Binary;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Symbols;

/// <summary>
/// What libdw needs of a file to unwind through its code, as an ELF file in memory of our own. libdw maps the files that it
/// is given, and a mapped file that its owner truncates means SIGBUS. So memory of the file's size is reserved, and only
/// headers and unwind tables are copied into it, at their places; the pages in between are never touched. Sections that are
/// not copied are made empty ones (SHT_NOBITS), as strip does in a debug file.
/// One thread; the memory must outlive each Elf that was made of it.
/// </summary>
public sealed unsafe class UnwindImage : IDisposable
{
    private const uint PT_GNU_EH_FRAME = 0x6474e550;
    private const uint SHT_NULL = 0;
    private const uint SHT_NOBITS = 8;
    private const int Elf64HeaderSize = 64;
    private const int SectionTypeAt = 4;
    private const ulong MaxLength = 1UL << 36;
    private const long MaxCopied = 256L << 20;

    private readonly byte* _address;
    private readonly nuint _length;

    private UnwindImage(ElfImage image, nint address, nuint length)
    {
        Image = image;
        _address = (byte*)address;
        _length = length;
    }

    /// <summary>Its headers.</summary>
    internal ElfImage Image { get; }

    /// <summary>How many bytes were copied.</summary>
    public long Copied { get; private set; }

    /// <summary>Makes one of a file; null if it is no 64-bit ELF file or cannot be read.</summary>
    public static UnwindImage? Make(ByteSource source)
    {
        ElfImage? headers = ElfImage.Read(source, out _);
        if (headers is not { Fields.Is64: true } || source.Length is < Elf64HeaderSize or > MaxLength)
            return null;
        void* address = LibC.mmap(
            null, (size_t)(ulong)source.Length, LibC.PROT_READ | LibC.PROT_WRITE,
            LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE, -1, 0);
        if (address == LibC.MAP_FAILED)
            return null;
        var image = new UnwindImage(headers, (nint)address, (nuint)source.Length);
        image.Fill(source);
        return image;
    }

    /// <summary>Where the file would begin in memory if this piece of it were mapped there; false if it is no code of it.</summary>
    public bool TryGetBias(ulong start, ulong fileOffset, out ulong bias)
    {
        // The kernel maps whole pages: a mapping begins before its segment does, maybe with bytes of the segment before.
        ulong page = (ulong)Environment.SystemPageSize - 1;
        foreach (ElfSegment segment in Image.Segments)
        {
            if (segment.Type == ElfSegment.PT_LOAD && (segment.Flags & ElfSegment.PF_X) != 0
                && fileOffset >= (segment.Offset & ~page) && fileOffset < segment.Offset + segment.FileSize)
            {
                bias = unchecked(start - (segment.Address + (fileOffset - segment.Offset)));
                return true;
            }
        }

        bias = 0;
        return false;
    }

    /// <summary>Where libdw takes the file to begin: open_elf in its dwfl_module_getdwarf.c.</summary>
    public ulong FirstAddress()
    {
        foreach (ElfSegment segment in Image.Segments)
        {
            if (segment.Type == ElfSegment.PT_LOAD)
                return segment.Address & unchecked(0 - segment.Alignment);
        }

        return 0;
    }

    /// <summary>An Elf of libelf, or 0. dwfl_end ends it.</summary>
    public nint OpenElf() => LibElf.elf_memory(_address, _length);

    /// <inheritdoc/>
    public void Dispose() => _ = LibC.munmap(_address, (size_t)(ulong)_length);

    /// <summary>What is copied of a file.</summary>
    internal static IEnumerable<FilePart> PartsOf(ElfImage image, ByteSource source)
    {
        yield return new(0, Elf64HeaderSize);
        yield return new(image.SegmentsAt, (ulong)(image.Segments.Length * image.Fields.SegmentSize));
        yield return new(image.SectionsAt, (ulong)(image.Sections.Length * image.Fields.SectionSize));
        bool hasTable = false;
        for (int i = 0; i < image.Sections.Length; i++)
        {
            ElfSection section = image.Sections[i];
            bool isTable = IsUnwindTable(image, source, section);
            hasTable |= isTable;
            if (isTable || i == image.NamesSection)
                yield return new(section.Offset, section.Size);
        }

        foreach (ElfSegment segment in image.Segments.Where(one => one.Type == PT_GNU_EH_FRAME))
        {
            // Without section headers the table is somewhere in the segment that has its index.
            ElfSegment whole = hasTable ? segment : image.Segments.FirstOrDefault(
                one => one.Type == ElfSegment.PT_LOAD && segment.Offset >= one.Offset
                    && segment.Offset - one.Offset < one.FileSize,
                segment);
            yield return new(whole.Offset, whole.FileSize);
        }
    }

    private void Fill(ByteSource source)
    {
        foreach (FilePart part in PartsOf(Image, source))
            Copy(source, part.Offset, part.Size);
        for (int i = 0; i < Image.Sections.Length; i++)
        {
            ElfSection section = Image.Sections[i];
            if (i != Image.NamesSection && section.Type != SHT_NULL && !IsUnwindTable(Image, source, section))
                MakeEmpty(Image.SectionsAt + (ulong)(i * Image.Fields.SectionSize));
        }
    }

    private static bool IsUnwindTable(ElfImage image, ByteSource source, ElfSection section) =>
        section.Type != SHT_NOBITS
        && (image.IsNamed(source, section, ".eh_frame\0"u8)
            || image.IsNamed(source, section, ".eh_frame_hdr\0"u8)
            || image.IsNamed(source, section, ".debug_frame\0"u8));

    private void MakeEmpty(ulong sectionHeader)
    {
        ulong at = unchecked(sectionHeader + SectionTypeAt);
        if (at < _length - sizeof(uint) && at >= Elf64HeaderSize)
            BinaryPrimitives.WriteUInt32LittleEndian(new(_address + at, sizeof(uint)), SHT_NOBITS);
    }

    private void Copy(ByteSource source, ulong offset, ulong size)
    {
        if (offset >= _length)
            return;
        size = Math.Min(Math.Min(size, _length - offset), (ulong)(MaxCopied - Copied));
        Copied += source.Read(offset, new(_address + offset, (int)size));
    }
}
