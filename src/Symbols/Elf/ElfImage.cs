using System.Text;
using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>A reference to a separate debug file: section .gnu_debuglink.</summary>
/// <param name="Name">Its file name, without a folder.</param>
/// <param name="Crc">The CRC-32 of all of it.</param>
internal sealed record DebugLink(string Name, uint Crc);

/// <summary>
/// The headers of an ELF file, of 32 or 64 bits, little endian. The file may be hostile: all that it says is checked
/// against its length and against limits, and what does not hold is left out. Immutable; any thread; nothing throws.
/// </summary>
internal sealed class ElfImage
{
    private const int MaxSegments = 4096;
    private const int MaxSections = 1 << 16;
    private const int MaxNotes = 1 << 20;
    private const int MaxNoteParts = 64;
    private const int MaxLink = 4096;
    private const ushort ManyHeaders = 0xFFFF; // PN_XNUM, SHN_XINDEX: the number stands in section 0


    private ElfImage(ElfFields fields, ushort machine) => (Fields, Machine) = (fields, machine);

    /// <summary>How its structures are laid out.</summary>
    internal ElfFields Fields { get; }

    /// <summary>EM_…</summary>
    internal ushort Machine { get; }

    /// <summary>The program headers.</summary>
    internal ElfSegment[] Segments { get; private set; } = [];

    /// <summary>The section headers; empty if they were stripped or make no sense.</summary>
    internal ElfSection[] Sections { get; private set; } = [];

    /// <summary>Where the program headers begin in the file.</summary>
    internal ulong SegmentsAt { get; private set; }

    /// <summary>Where the section headers begin in the file.</summary>
    internal ulong SectionsAt { get; private set; }

    /// <summary>Which section has the names of sections; beyond them if none has.</summary>
    internal int NamesSection { get; private set; }

    /// <summary>The GNU build id in lower-case hexadecimal; empty if there is none.</summary>
    internal string BuildId { get; private set; } = "";

    /// <summary>Where its debug file is said to be; null if it says nothing.</summary>
    internal DebugLink? DebugLink { get; private set; }

    /// <summary>Reads the headers of an open file. Null with the reason if it is no ELF file that we can read.</summary>
    internal static ElfImage? Read(SafeFileHandle file, out string? refusal)
    {
        if (RegularFile.TryIdentify(file, out FileIdentity identity, out _))
            return Read(new ByteSource(file, identity.Size), out refusal);
        refusal = "it is no regular file";
        return null;
    }

    /// <summary>Reads the headers of a file or of an image in memory; see the other overload.</summary>
    internal static ElfImage? Read(ByteSource source, out string? refusal)
    {
        Span<byte> header = stackalloc byte[64];
        header = header[..source.Read(0, header)];
        refusal = Refuse(header);
        if (refusal is not null)
            return null;
        var fields = new ElfFields(header[4] == 2);
        var image = new ElfImage(fields, ElfFields.Half(header[18..]));
        image.ReadHeaders(source, header);
        image.BuildId = image.FindBuildId(source);
        image.DebugLink = image.FindDebugLink(source);
        return image;
    }

    /// <summary>Turns an offset in the file into an address as symbols have it. False if no segment has it.</summary>
    internal bool TryToAddress(ulong offset, out ulong address)
    {
        address = 0;
        bool found = false;
        foreach (ElfSegment segment in Segments)
        {
            if (segment.Type != ElfSegment.PT_LOAD || offset < segment.Offset
                || offset - segment.Offset >= segment.FileSize)
            {
                continue;
            }

            // Segments may share a page of the file; code is in the executable one.
            bool executable = (segment.Flags & ElfSegment.PF_X) != 0;
            if (found && !executable)
                continue;
            address = unchecked(segment.Address + (offset - segment.Offset));
            found = true;
            if (executable)
                break;
        }

        return found;
    }

    private static string? Refuse(ReadOnlySpan<byte> header)
    {
        if (header.Length < 52 || !header.StartsWith("\u007fELF"u8))
            return "it is no ELF file";
        return (header[4], header[5]) switch
        {
            (1, 1) => null,
            (2, 1) when header.Length >= 64 => null,
            (_, 2) => "it is big endian",
            _ => "its ELF header makes no sense",
        };
    }

    private void ReadHeaders(ByteSource source, ReadOnlySpan<byte> header)
    {
        int counts = Fields.Is64 ? 54 : 42; // e_phentsize, e_phnum, e_shentsize, e_shnum
        ulong segments = ElfFields.Half(header[(counts + 2)..]);
        ulong sections = ElfFields.Half(header[(counts + 6)..]);
        SegmentsAt = Fields.Long(header, 32, 28);
        SectionsAt = Fields.Long(header, 40, 32);
        bool hasSections = SectionsAt != 0 && ElfFields.Half(header[(counts + 4)..]) == Fields.SectionSize;
        if (hasSections && (segments == ManyHeaders || sections == 0))
        {
            byte[]? first = source.ReadAll(SectionsAt, (ulong)Fields.SectionSize, Fields.SectionSize);
            ElfSection zero = first is null ? default : Fields.Section(first);
            segments = segments == ManyHeaders ? zero.Info : segments;
            sections = sections == 0 ? zero.Size : sections;
        }

        if (ElfFields.Half(header[counts..]) == Fields.SegmentSize)
        {
            Segments = ReadTable(
                source, SegmentsAt, Math.Min(segments, MaxSegments), Fields.SegmentSize,
                static (fields, at) => fields.Segment(at));
        }

        if (hasSections)
        {
            Sections = ReadTable(
                source, SectionsAt, Math.Min(sections, MaxSections), Fields.SectionSize,
                static (fields, at) => fields.Section(at));
            NamesSection = ElfFields.Half(header[(counts + 8)..]);
            if (NamesSection == ManyHeaders && Sections.Length > 0)
                NamesSection = (int)Math.Min(Sections[0].Link, int.MaxValue);
        }
    }

    private delegate T ReadOne<T>(ElfFields fields, ReadOnlySpan<byte> at);

    private T[] ReadTable<T>(ByteSource source, ulong offset, ulong count, int size, ReadOne<T> one)
    {
        if (offset >= source.Length)
            return [];
        count = Math.Min(count, (source.Length - offset) / (ulong)size);
        byte[] bytes = new byte[(int)count * size];
        int there = source.Read(offset, bytes) / size;
        var table = new T[there];
        for (int i = 0; i < there; i++)
            table[i] = one(Fields, bytes.AsSpan(i * size, size));
        return table;
    }

    private string FindBuildId(ByteSource source)
    {
        int parts = 0;
        foreach (ElfSegment segment in Segments)
        {
            if (segment.Type == ElfSegment.PT_NOTE && parts++ < MaxNoteParts
                && BuildIdIn(source, segment.Offset, segment.FileSize, segment.Alignment) is string id)
            {
                return id;
            }
        }

        foreach (ElfSection section in Sections)
        {
            if (section.Type == ElfSection.SHT_NOTE && parts++ < MaxNoteParts
                && BuildIdIn(source, section.Offset, section.Size, 4) is string id)
            {
                return id;
            }
        }

        return "";
    }

    /// <summary>Looks through notes: name size, description size, type, name, description, both padded.</summary>
    private static string? BuildIdIn(ByteSource source, ulong offset, ulong size, ulong alignment)
    {
        const uint BuildIdType = 3; // NT_GNU_BUILD_ID
        byte[]? notes = source.ReadAll(offset, size, MaxNotes);
        if (notes is null)
            return null;
        ulong pad = alignment == 8 ? 7UL : 3UL;
        ulong at = 0;
        while (at + 12 <= size)
        {
            ReadOnlySpan<byte> note = notes.AsSpan((int)at);
            ulong nameSize = ElfFields.Word(note);
            ulong descriptionSize = ElfFields.Word(note[4..]);
            ulong descriptionAt = (12 + nameSize + pad) & ~pad;
            ulong end = descriptionAt + descriptionSize;
            if (end > (ulong)note.Length)
                return null;
            if (ElfFields.Word(note[8..]) == BuildIdType && nameSize == 4 && note[12..].StartsWith("GNU\0"u8)
                && descriptionSize is > 0 and <= 64)
            {
                return Convert.ToHexStringLower(note.Slice((int)descriptionAt, (int)descriptionSize));
            }

            at += (end + pad) & ~pad;
        }

        return null;
    }

    /// <summary>A name that ends with a zero, padded to 4, and a CRC.</summary>
    private DebugLink? FindDebugLink(ByteSource source)
    {
        if (NamesSection >= Sections.Length)
            return null;
        foreach (ElfSection section in Sections)
        {
            if (section.Type != ElfSection.SHT_PROGBITS || section.Address != 0 || section.Size is < 8 or > MaxLink
                || !IsNamed(source, section, ".gnu_debuglink\0"u8))
            {
                continue;
            }

            byte[]? link = source.ReadAll(section.Offset, section.Size, MaxLink);
            int length = link.AsSpan().IndexOf((byte)0);
            if (link is null || length <= 0 || ((length + 4) & ~3) + 4 > link.Length)
                continue;
            string name = Encoding.UTF8.GetString(link, 0, length);
            if (name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
                continue;
            return new(name, ElfFields.Word(link.AsSpan((length + 4) & ~3)));
        }

        return null;
    }

    /// <summary>Whether a section has a name, which ends with a zero.</summary>
    internal bool IsNamed(ByteSource source, ElfSection section, ReadOnlySpan<byte> name)
    {
        if (NamesSection >= Sections.Length)
            return false;
        Span<byte> found = stackalloc byte[16];
        ulong strings = Sections[NamesSection].Offset;
        return strings <= ulong.MaxValue - section.Name
            && source.Read(strings + section.Name, found[..name.Length]) == name.Length
            && found.StartsWith(name);
    }
}
