using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

internal static unsafe partial class LibC
{
    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int MAP_SHARED = 1;
    internal const int MAP_PRIVATE = 2;
    internal const int MAP_ANONYMOUS = 0x20;
    internal const int MAP_NORESERVE = 0x4000;

    /// <summary>What mmap returns when it fails.</summary>
    internal const nint MAP_FAILED = -1;

    /// <summary>mmap(2). Returns the address, or <see cref="MAP_FAILED"/> with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int munmap(nint address, nuint length);
}
