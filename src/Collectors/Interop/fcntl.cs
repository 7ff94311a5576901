using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

internal static unsafe partial class LibC
{
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int O_RDONLY = 0;
    internal const int O_RDWR = 2;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;

    /// <summary>O_DIRECTORY is one of the few flags that differ between architectures.</summary>
    internal static int O_DIRECTORY => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.Arm64 => 0x4000,
        _ => 0x10000,
    };

    /// <summary>O_NOFOLLOW is another one.</summary>
    internal static int O_NOFOLLOW => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.Arm64 => 0x8000,
        _ => 0x20000,
    };

    /// <summary>open(2) of an existing file. Returns a file descriptor, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int open(byte* path, int flags);
}
