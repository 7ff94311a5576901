using System.Globalization;
using System.Runtime.InteropServices;
using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace ForkFollow.Symbols;

/// <summary>
/// The root directory that a target sees, through which its paths are opened. The target writes there: a symlink in it
/// must not lead out of it, so paths are resolved by the kernel with RESOLVE_IN_ROOT (openat2, since 5.6), as if we had
/// called chroot. Where that is missing, paths of a foreign root are refused.
/// A foreign root holds a descriptor until <see cref="Dispose"/>, so that it outlives the process; <see cref="Own"/> holds
/// none. Any thread; nothing throws.
/// </summary>
public sealed unsafe class TargetRoot : IDisposable
{
    private const int Attempts = 16;

    private readonly SafeFileHandle? _root;

    private TargetRoot(SafeFileHandle? root) => _root = root;

    /// <summary>Our own root.</summary>
    public static TargetRoot Own { get; } = new(null);

    /// <summary>Whether it is our own.</summary>
    public bool IsOwn => _root is null;

    /// <summary>
    /// The root of a process: <see cref="Own"/> itself if it is the same directory of the same mount. Null with the reason
    /// if the process is gone or not ours to look at.
    /// </summary>
    public static TargetRoot? OfProcess(int pid, out string? refusal) =>
        At(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/root"), out refusal);

    /// <summary>A directory as root; see <see cref="OfProcess"/>.</summary>
    public static TargetRoot? At(string directory, out string? refusal)
    {
        int fd = Linux.open(directory, LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_CLOEXEC);
        refusal = fd < 0 ? Marshal.GetPInvokeErrorMessage(Linux.Errno) : null;
        if (fd < 0)
            return null;
        var root = new SafeFileHandle(fd, ownsHandle: true);
        if (!IsSameAsOwn(fd))
            return new(root);
        root.Dispose();
        return Own;
    }

    /// <summary>Opens a regular file by its path in this root. Null with the reason.</summary>
    public SafeFileHandle? Open(string path, out string? refusal)
    {
        if (_root is null)
            return RegularFile.Open(path, out refusal);
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            refusal = "its path has a zero in it";
            return null;
        }

        bool added = false;
        try
        {
            _root.DangerousAddRef(ref added);
            return RegularFile.Reopen(OpenInRoot((int)_root.DangerousGetHandle(), path), out refusal);
        }
        catch (ObjectDisposedException)
        {
            refusal = "the target's root was closed";
            return null;
        }
        finally
        {
            if (added)
                _root.DangerousRelease();
        }
    }

    /// <summary>
    /// Opens whatever a path in this root names, a link itself, as a place and nothing more (O_PATH): it can be looked at and
    /// reached through /proc/self/fd. Null if there is nothing.
    /// </summary>
    public SafeFileHandle? OpenAsPath(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
            return null;
        int fd = _root is null
            ? Linux.open(path, LibC.O_PATH | LibC.O_NOFOLLOW | LibC.O_CLOEXEC)
            : OpenInRoot((int)_root.DangerousGetHandle(), path, LibC.O_NOFOLLOW);
        return fd < 0 ? null : new(fd, ownsHandle: true);
    }

    /// <summary>Closes a foreign root; <see cref="Own"/> stays.</summary>
    public void Dispose() => _root?.Dispose();

    private static int OpenInRoot(int root, string path, int flags = 0)
    {
        open_how how = new()
        {
            flags = (ulong)(LibC.O_PATH | LibC.O_CLOEXEC | flags),
            resolve = LibC.RESOLVE_IN_ROOT | LibC.RESOLVE_NO_MAGICLINKS,
        };

        // EAGAIN: somebody renames while ".." is resolved. A target can do so for ever.
        int fd = -1;
        for (int i = 0; i < Attempts; i++)
        {
            fd = Linux.openat2(root, path, &how);
            if (fd >= 0 || Linux.Errno is not (Linux.EAGAIN or Linux.EINTR))
                break;
        }

        return fd;
    }

    /// <summary>By inode and mount: a mount namespace of its own has mounts with ids of their own.</summary>
    private static bool IsSameAsOwn(int fd)
    {
        const uint Mask = Linux.STATX_BASIC_STATS | Linux.STATX_MNT_ID;
        statx_t theirs, ours;
        return Linux.statx(fd, "", LibC.AT_EMPTY_PATH, Mask, &theirs) == 0
            && Linux.statx(LibC.AT_FDCWD, "/", 0, Mask, &ours) == 0
            && (theirs.stx_dev_major, theirs.stx_dev_minor, theirs.stx_ino, theirs.stx_mnt_id)
                == (ours.stx_dev_major, ours.stx_dev_minor, ours.stx_ino, ours.stx_mnt_id);
    }
}
