namespace ForkFollow.Symbols;

/// <summary>Reads the functions of an ELF image into a table, by the choice that perf makes.</summary>
internal static class ElfSymbols
{
    private const int MaxTables = 8;
    private const ulong MaxSymbols = 1 << 22;
    private const int ChunkSymbols = 4096;
    private const ushort Arm = 40; // EM_ARM

    /// <summary>Whether it has the full table, and no debug file is needed.</summary>
    internal static bool HasFullTable(ElfImage image)
    {
        foreach (ElfSection section in image.Sections)
        {
            if (section.Type == ElfSection.SHT_SYMTAB && section.Size > 0)
                return true;
        }

        return false;
    }

    /// <summary>What <see cref="AddTo"/> reads of a file.</summary>
    internal static IEnumerable<FilePart> PartsOf(ElfImage image)
    {
        foreach (ElfSection table in TablesOf(image))
        {
            ElfSection names = image.Sections[(int)table.Link];
            yield return new(table.Offset, table.Size);
            yield return new(names.Offset, names.Size);
        }
    }

    /// <summary>Adds the functions of .symtab and .dynsym, at the addresses that the file was linked for.</summary>
    internal static void AddTo(SymbolTableBuilder builder, ElfImage image, ByteSource source)
    {
        foreach (ElfSection table in TablesOf(image))
            AddTable(builder, image, source, table);
    }

    private static IEnumerable<ElfSection> TablesOf(ElfImage image) => image.Sections
        .Where(section => section.Type is ElfSection.SHT_SYMTAB or ElfSection.SHT_DYNSYM && section.Link < image.Sections.Length)
        .Take(MaxTables);

    private static void AddTable(SymbolTableBuilder builder, ElfImage image, ByteSource source, ElfSection table)
    {
        ElfSection link = image.Sections[(int)table.Link];
        if (link.Type != ElfSection.SHT_STRTAB || (link.Flags & ElfSection.SHF_COMPRESSED) != 0
            || link.Offset >= source.Length)
        {
            return;
        }

        builder.Names(source, link.Offset, Math.Min(link.Size, source.Length - link.Offset));
        int size = image.Fields.SymbolSize;
        byte[] chunk = new byte[ChunkSymbols * size];

        // A sparse file has room for any number of them.
        ulong left = Math.Min(table.Size / (ulong)size, MaxSymbols);
        ulong at = table.Offset;
        while (left > 0)
        {
            int wanted = (int)Math.Min(left, ChunkSymbols);
            int there = source.Read(at, chunk.AsSpan(0, wanted * size)) / size;
            for (int i = 0; i < there; i++)
            {
                if (!AddOne(builder, image, image.Fields.Symbol(chunk.AsSpan(i * size, size))))
                    return;
            }

            if (there < wanted)
                return;
            left -= (ulong)there;
            at += (ulong)(there * size);
        }
    }

    /// <summary>False if the builder takes no more.</summary>
    private static bool AddOne(SymbolTableBuilder builder, ElfImage image, ElfSymbol symbol)
    {
        if (symbol.Name == 0 || symbol.Section == ElfSymbol.SHN_UNDEF)
            return true;
        bool known = symbol.Section < image.Sections.Length;
        ElfSection section = known ? image.Sections[symbol.Section] : default;
        bool wanted = symbol.Type switch
        {
            ElfSymbol.STT_FUNC or ElfSymbol.STT_GNU_IFUNC => symbol.Section != ElfSymbol.SHN_ABS,
            ElfSymbol.STT_NOTYPE => known && (section.Flags & ElfSection.SHF_EXECINSTR) != 0
                && symbol.Visibility is not (ElfSymbol.STV_HIDDEN or ElfSymbol.STV_INTERNAL),
            _ => false,
        };
        if (!wanted)
            return true;

        // An odd address means Thumb code.
        ulong start = image.Machine == Arm ? symbol.Value & ~1UL : symbol.Value;
        ulong end = symbol.Size > 0
            ? (symbol.Size > ulong.MaxValue - start ? ulong.MaxValue : start + symbol.Size)
            : (known ? section.End : ulong.MaxValue);
        SymbolTraits traits = (symbol.Size > 0 ? SymbolTraits.Sized : 0)
            | (symbol.Type != ElfSymbol.STT_NOTYPE ? SymbolTraits.Typed : 0)
            | (symbol.Binding != ElfSymbol.STB_WEAK ? SymbolTraits.Strong : 0)
            | (symbol.Binding == ElfSymbol.STB_GLOBAL ? SymbolTraits.Global : 0);
        return builder.Add(start, end, symbol.Name, traits);
    }
}
