using System.Runtime.InteropServices;

namespace ForkFollow.Native;

/// <summary>libelf.h of elfutils, of which libdw takes ELF files.</summary>
public static unsafe partial class LibElf
{
    public const uint EV_CURRENT = 1;

    private const string Library = "libelf.so.1";

    /// <summary>Must be called before all others.</summary>
    [LibraryImport(Library)]
    public static partial uint elf_version(uint version);

    /// <summary>An ELF file in memory, which stays the caller's and must outlive it. Returns an Elf, or 0.</summary>
    [LibraryImport(Library)]
    public static partial nint elf_memory(void* image, nuint size);
}
