using System.Globalization;
using System.Runtime.InteropServices;
using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace ForkFollow.Symbols;

/// <summary>
/// Opens regular files and nothing else. To open a FIFO can block, and to open a device can do things (rewind a tape, start
/// a watchdog); so a path is opened as O_PATH, looked at, and only then opened through /proc/self/fd. Any thread; nothing
/// throws.
/// </summary>
public static unsafe class RegularFile
{
    /// <summary>Opens for reading. Null with the reason in words if it is no regular file or cannot be opened.</summary>
    public static SafeFileHandle? Open(string path, out string? refusal)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            refusal = "its path has a zero in it";
            return null;
        }

        int fd = Linux.open(path, LibC.O_PATH | LibC.O_CLOEXEC);
        return Reopen(fd, out refusal);
    }

    /// <summary>
    /// The same for a path on the file system of our root directory: nobody can unmount that, so that nobody is hindered by our having a
    /// file of it in our hands. Null with the reason also if the path leads anywhere else.
    /// </summary>
    public static SafeFileHandle? OpenOnRootMount(string path, out string? refusal)
    {
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
        {
            refusal = "it is no path from the root";
            return null;
        }

        open_how how = new()
        {
            flags = (ulong)(LibC.O_PATH | LibC.O_CLOEXEC),
            resolve = LibC.RESOLVE_NO_XDEV | LibC.RESOLVE_NO_MAGICLINKS,
        };
        return Reopen(Linux.openat2(LibC.AT_FDCWD, path, &how), out refusal);
    }

    /// <summary>Whether an open file is on the file system of our root directory, by the mount that it was opened on. False if it is closed.</summary>
    public static bool IsOnRootMount(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        statx_t its, ours;
        return !file.IsClosed
            && Linux.statx((int)file.DangerousGetHandle(), "", LibC.AT_EMPTY_PATH, Linux.STATX_MNT_ID, &its) == 0
            && Linux.statx(LibC.AT_FDCWD, "/", 0, Linux.STATX_MNT_ID, &ours) == 0
            && its.stx_mnt_id == ours.stx_mnt_id;
    }

    /// <summary>Turns an O_PATH descriptor, which is closed, into one for reading; of -1 it tells errno.</summary>
    public static SafeFileHandle? Reopen(int pathFd, out string? refusal)
    {
        if (pathFd < 0)
        {
            refusal = Marshal.GetPInvokeErrorMessage(Linux.Errno);
            return null;
        }

        using var path = new SafeFileHandle(pathFd, ownsHandle: true);
        if (!TryIdentify(path, out _, out _))
        {
            refusal = "it is no regular file";
            return null;
        }

        string self = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{pathFd}");
        int fd = Linux.open(self, LibC.O_RDONLY | LibC.O_NONBLOCK | LibC.O_CLOEXEC);
        refusal = fd < 0 ? Marshal.GetPInvokeErrorMessage(Linux.Errno) : null;
        return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>Who an open file is, and its owner. False if it is no regular file.</summary>
    public static bool TryIdentify(SafeFileHandle file, out FileIdentity identity, out uint uid)
    {
        identity = default;
        uid = 0;
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            statx_t stat;
            int fd = (int)file.DangerousGetHandle();
            if (Linux.statx(fd, "", LibC.AT_EMPTY_PATH, Linux.STATX_BASIC_STATS, &stat) != 0
                || (stat.stx_mode & Linux.S_IFMT) != Linux.S_IFREG)
            {
                return false;
            }

            identity = stat.Identity;
            uid = stat.stx_uid;
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (added)
                file.DangerousRelease();
        }
    }
}
