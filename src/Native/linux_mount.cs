using Tmds.Linux;

namespace ForkFollow.Native;

/// <summary>linux/mount.h: a file system on a descriptor, below no path. libc wraps it since glibc 2.36 only; the kernel has it since 5.2.</summary>
public static unsafe partial class Linux
{
    public const uint FSOPEN_CLOEXEC = 1;
    public const uint FSCONFIG_CMD_CREATE = 6;
    public const uint FSMOUNT_CLOEXEC = 1;
    public const uint MOUNT_ATTR_RDONLY = 1;
    public const uint MOUNT_ATTR_NOSUID = 2;
    public const uint MOUNT_ATTR_NODEV = 4;
    public const uint MOUNT_ATTR_NOEXEC = 8;

    // One number on all architectures each.
    public const int SYS_fsopen = 430;
    public const int SYS_fsconfig = 431;
    public const int SYS_fsmount = 432;

    /// <summary>fsopen(2): begins to make a file system. Returns a descriptor of its making, or -1 with errno; ENODEV if there is no such type.</summary>
    public static int fsopen(string fsname, uint flags)
    {
        using var text = new Utf8Path(fsname, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return (int)LibC.syscall(SYS_fsopen, pointer, flags);
    }

    /// <summary>fsconfig(2). A command without a value: key and value are null, aux is 0. Returns 0, or -1 with errno.</summary>
    public static int fsconfig(int fd, uint command) => (int)LibC.syscall(SYS_fsconfig, fd, command, (void*)null, (void*)null, 0);

    /// <summary>fsmount(2). Returns a descriptor of the root, as with O_PATH, whose closing unmounts it; or -1 with errno.</summary>
    public static int fsmount(int fd, uint flags, uint attributes) => (int)LibC.syscall(SYS_fsmount, fd, flags, attributes);
}
