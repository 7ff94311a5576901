using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

internal static unsafe partial class LibC
{
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    /// <summary>eventfd(2). Returns a file descriptor, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);
}
