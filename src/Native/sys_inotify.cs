using System.Runtime.InteropServices;

namespace ForkFollow.Native;

public static unsafe partial class Linux
{
    public const int IN_CLOEXEC = 0x80000;
    public const int IN_NONBLOCK = 0x800;
    public const uint IN_CREATE = 0x100;

    /// <summary>inotify_init1(2). Returns a file descriptor, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int inotify_init1(int flags);

    /// <summary>inotify_add_watch(2); the same directory has the same number. Returns it, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int inotify_add_watch(int fd, string path, uint mask);
}
