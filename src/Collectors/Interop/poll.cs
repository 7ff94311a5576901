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
    internal const short POLLHUP = 16;

    /// <summary>poll(2). Returns how many are ready, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(pollfd* fds, nuint count, int timeoutMs);
}
