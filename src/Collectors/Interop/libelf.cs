using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

/// <summary>libelf.h of elfutils, of which libdw takes ELF files.</summary>
internal static unsafe partial class LibElf
{
    internal const uint EV_CURRENT = 1;

    private const string Library = "libelf.so.1";

    /// <summary>Must be called before all others.</summary>
    [LibraryImport(Library)]
    internal static partial uint elf_version(uint version);

    /// <summary>An ELF file in memory, which stays the caller's and must outlive it. Returns an Elf, or 0.</summary>
    [LibraryImport(Library)]
    internal static partial nint elf_memory(void* image, nuint size);
}
