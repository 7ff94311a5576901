using System.Buffers.Binary;

namespace ForkFollow.Symbols;

/// <summary>A program header: elf(5), Elf64_Phdr.</summary>
internal readonly record struct ElfSegment(
    uint Type, uint Flags, ulong Offset, ulong Address, ulong FileSize, ulong MemorySize, ulong Alignment)
{
    internal const uint PT_LOAD = 1;
    internal const uint PT_NOTE = 4;
    internal const uint PF_X = 1;
}

/// <summary>A section header: elf(5), Elf64_Shdr.</summary>
internal readonly record struct ElfSection(
    uint Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size, uint Link, uint Info)
{
    internal const uint SHT_PROGBITS = 1;
    internal const uint SHT_SYMTAB = 2;
    internal const uint SHT_STRTAB = 3;
    internal const uint SHT_NOTE = 7;
    internal const uint SHT_DYNSYM = 11;
    internal const ulong SHF_EXECINSTR = 4;
    internal const ulong SHF_COMPRESSED = 0x800;

    /// <summary>Where it ends in memory; the last address rather than an overflow.</summary>
    internal ulong End => Size > ulong.MaxValue - Address ? ulong.MaxValue : Address + Size;
}

/// <summary>A symbol: elf(5), Elf64_Sym.</summary>
internal readonly record struct ElfSymbol(uint Name, byte Info, byte Other, ushort Section, ulong Value, ulong Size)
{
    internal const int STT_NOTYPE = 0;
    internal const int STT_FUNC = 2;
    internal const int STT_GNU_IFUNC = 10;
    internal const int STB_GLOBAL = 1;
    internal const int STB_WEAK = 2;
    internal const int STV_INTERNAL = 1;
    internal const int STV_HIDDEN = 2;
    internal const ushort SHN_UNDEF = 0;
    internal const ushort SHN_ABS = 0xFFF1;
    internal const ushort SHN_XINDEX = 0xFFFF;

    internal int Type => Info & 0xF;

    internal int Binding => Info >> 4;

    internal int Visibility => Other & 3;
}

/// <summary>Reads the structures of elf(5), 32 or 64 bits, little endian, out of spans that are long enough.</summary>
internal readonly record struct ElfFields(bool Is64)
{
    internal int HeaderSize => Is64 ? 64 : 52;

    internal int SegmentSize => Is64 ? 56 : 32;

    internal int SectionSize => Is64 ? 64 : 40;

    internal int SymbolSize => Is64 ? 24 : 16;

    internal static ushort Half(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt16LittleEndian(at);

    internal static uint Word(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt32LittleEndian(at);

    /// <summary>An Elf64_Xword or Elf32_Word: at one offset in the 64-bit structure, at another in the 32-bit one.</summary>
    internal ulong Long(ReadOnlySpan<byte> structure, int at64, int at32) => Is64
        ? BinaryPrimitives.ReadUInt64LittleEndian(structure[at64..])
        : BinaryPrimitives.ReadUInt32LittleEndian(structure[at32..]);

    internal ElfSegment Segment(ReadOnlySpan<byte> at) => new(
        Word(at), Word(at[(Is64 ? 4 : 24)..]), Long(at, 8, 4), Long(at, 16, 8), Long(at, 32, 16), Long(at, 40, 20),
        Long(at, 48, 28));

    internal ElfSection Section(ReadOnlySpan<byte> at) => new(
        Word(at), Word(at[4..]), Long(at, 8, 8), Long(at, 16, 12), Long(at, 24, 16), Long(at, 32, 20),
        Word(at[(Is64 ? 40 : 24)..]), Word(at[(Is64 ? 44 : 28)..]));

    internal ElfSymbol Symbol(ReadOnlySpan<byte> at) => Is64
        ? new(Word(at), at[4], at[5], Half(at[6..]), Long(at, 8, 0), Long(at, 16, 0))
        : new(Word(at), at[12], at[13], Half(at[14..]), Word(at[4..]), Word(at[8..]));
}
