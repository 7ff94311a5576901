using System.Runtime.InteropServices;

namespace ForkFollow.Native;

public static unsafe partial class Linux
{
    /// <summary>Offset of d_reclen in struct dirent64, a ushort.</summary>
    public const int DirentReclen = 16;

    /// <summary>Offset of d_name in struct dirent64.</summary>
    public const int DirentName = 19;

    /// <summary>getdents64(2). Returns the bytes of entries, 0 at the end, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getdents64(int fd, void* buffer, nuint count);
}
