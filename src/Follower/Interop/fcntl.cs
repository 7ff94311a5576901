using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

internal static unsafe partial class LibC
{
    internal const int O_RDONLY = 0;
    internal const int O_RDWR = 2;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;

    /// <summary>open(2) of an existing file. Returns a file descriptor, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int open(byte* path, int flags);
}
