using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

/// <summary>struct open_how.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct open_how
{
    internal ulong flags;
    internal ulong mode;
    internal ulong resolve;
}

internal static unsafe partial class LibC
{
    internal const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    internal const ulong RESOLVE_IN_ROOT = 0x10;
    internal const int EAGAIN = 11;
    internal const int EINTR = 4;

    /// <summary>The number of openat2(2), one on all architectures; libc does not wrap it. Since 5.6.</summary>
    internal const int SYS_openat2 = 437;

    /// <summary>
    /// openat2(2): resolves a path inside a root. Returns a file descriptor, or -1 with errno; EAGAIN if a directory on the
    /// way was renamed meanwhile.
    /// </summary>
    internal static int openat2(int dirfd, string path, open_how* how)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            return (int)syscall(SYS_openat2, dirfd, (byte*)text, how, (nuint)sizeof(open_how));
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, nint dirfd, byte* path, open_how* how, nuint size);
}
