using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

/// <summary>linux/mount.h: a file system on a descriptor, below no path. libc wraps it since glibc 2.36 only; the kernel has it since 5.2.</summary>
internal static unsafe partial class LibC
{
    internal const int SYS_fsopen = 430;
    internal const int SYS_fsconfig = 431;
    internal const int SYS_fsmount = 432;
    internal const uint FSOPEN_CLOEXEC = 1;
    internal const uint FSCONFIG_CMD_CREATE = 6;
    internal const uint FSMOUNT_CLOEXEC = 1;
    internal const uint MOUNT_ATTR_RDONLY = 1;
    internal const uint MOUNT_ATTR_NOSUID = 2;
    internal const uint MOUNT_ATTR_NODEV = 4;
    internal const uint MOUNT_ATTR_NOEXEC = 8;

    /// <summary>fsopen(2): begins to make a file system. Returns a descriptor of its making, or -1 with errno; ENODEV if there is no such type.</summary>
    internal static int fsopen(string fsname, uint flags)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(fsname);
        try
        {
            return (int)syscall(SYS_fsopen, text, flags);
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    /// <summary>fsconfig(2). A command without a value: key and value are null, aux is 0. Returns 0, or -1 with errno.</summary>
    internal static int fsconfig(int fd, uint command) => (int)syscall(SYS_fsconfig, fd, command, 0, 0, 0);

    /// <summary>fsmount(2). Returns a descriptor of the root, as with O_PATH, whose closing unmounts it; or -1 with errno.</summary>
    internal static int fsmount(int fd, uint flags, uint attributes) => (int)syscall(SYS_fsmount, fd, flags, attributes);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, nint fsname, nuint flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, nint fd, nuint flags, nuint attributes);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, nint fd, nuint command, nint key, nint value, nint aux);
}
