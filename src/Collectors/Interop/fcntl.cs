using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

internal static unsafe partial class LibC
{
    internal const int O_RDONLY = 0;
    internal const int O_CLOEXEC = 0x80000;
    internal const int AT_FDCWD = -100;

    /// <summary>open(2) of an existing file. Returns a file descriptor, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int open(byte* path, int flags);
}
