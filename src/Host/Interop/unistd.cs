using System.Runtime.InteropServices;

namespace ForkFollow.Host.Interop;

/// <summary>libc by its C names.</summary>
internal static unsafe partial class LibC
{
    internal const int STDERR_FILENO = 2;
    internal const ulong TIOCGWINSZ = 0x5413;

    internal const int EINTR = 4;

    private const string Library = "libc";

    internal static int Errno => Marshal.GetLastPInvokeError();

    /// <summary>write(2). Returns the bytes written, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(int fd, byte* buffer, nuint count);

    /// <summary>Ends the process at once: no handler runs, nothing is flushed.</summary>
    [LibraryImport(Library)]
    internal static partial void _exit(int status);

    /// <summary>1 if the file is a terminal, else 0.</summary>
    [LibraryImport(Library)]
    internal static partial int isatty(int fd);

    [LibraryImport(Library)]
    internal static partial int getpgrp();

    /// <summary>The foreground process group of a terminal; -1 if the file is not our terminal.</summary>
    [LibraryImport(Library)]
    internal static partial int tcgetpgrp(int fd);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport(Library)]
    internal static partial int close(int fd);

    /// <summary>ioctl(2), variadic in C. Returns 0, or -1.</summary>
    [LibraryImport(Library)]
    internal static partial int ioctl(int fd, ulong request, winsize* size);
}

/// <summary>struct winsize of sys/ioctl.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct winsize
{
    internal ushort ws_row;
    internal ushort ws_col;
    internal ushort ws_xpixel;
    internal ushort ws_ypixel;
}
