using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

internal static unsafe partial class LibC
{
    /// <summary>Offset of d_reclen in struct dirent64, a ushort.</summary>
    internal const int DirentReclen = 16;

    /// <summary>Offset of d_name in struct dirent64.</summary>
    internal const int DirentName = 19;

    /// <summary>getdents64(2). Returns the bytes of entries, 0 at the end, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint getdents64(int fd, void* buffer, nuint count);
}
