using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct pollfd
{
    internal int fd;
    internal short events;
    internal short revents;
}

internal static unsafe partial class LibC
{
    internal const short POLLIN = 1;

    /// <summary>poll(2), timeout in milliseconds. Returns how many are ready, 0 at the timeout, -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(pollfd* fds, nuint count, int timeout);
}
