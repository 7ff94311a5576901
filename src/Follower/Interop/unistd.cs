using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

/// <summary>libc by its C names: one file per C header, so that a reader of man pages is at home.</summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    internal const int X_OK = 1;

    /// <summary>The caller's thread id.</summary>
    [LibraryImport(Library)]
    internal static partial int gettid();

    [LibraryImport(Library)]
    internal static partial int getppid();

    [LibraryImport(Library)]
    internal static partial uint geteuid();

    /// <summary>read(2). Returns the bytes read, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int fd);

    /// <summary>unlink(2). Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlink(string path);

    /// <summary>readlink(2): no terminating zero. Returns the bytes written, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint readlink(byte* path, byte* buffer, nuint size);

    /// <summary>access(2) with the real ids. Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int access(string path, int mode);
}
