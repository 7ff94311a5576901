using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

internal static unsafe partial class LibC
{
    /// <summary>ioctl(2) with a number or a pointer. Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(int fd, nuint request, nint argument);
}
