using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

/// <summary>libc by its C names: one file per C header.</summary>
internal static unsafe partial class LibC
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int ESRCH = 3;
    internal const int EACCES = 13;
    internal const int ENODEV = 19;
    internal const int EINVAL = 22;
    internal const int EMFILE = 24;
    internal const int EOPNOTSUPP = 95;

    private const string Library = "libc";

    internal static int Errno => Marshal.GetLastPInvokeError();

    /// <summary>read(2). Returns the bytes read, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(int fd, void* buffer, nuint count);

    /// <summary>write(2). Returns the bytes written, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(int fd, void* buffer, nuint count);

    /// <summary>pread(2). Returns the bytes read, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pread(int fd, void* buffer, nuint count, long offset);

    /// <summary>pwrite(2). Returns the bytes written, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pwrite(int fd, void* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int fd);
}
