using System.Globalization;
using ForkFollow.Native;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace ForkFollow.Results;

/// <summary>
/// A directory that is open: what is done in it is done there, wherever its path leads by now, and no link in it is followed.
/// Faults are IOExceptions in the system's words. Any thread.
/// </summary>
internal sealed class Folder : IDisposable
{
    private static readonly int _placeOnly = LibC.O_PATH | LibC.O_DIRECTORY | LibC.O_CLOEXEC;
    private const uint OwnerReadsAndWrites = 0x180;
    private const uint OwnerOnly = 0x1C0;

    private readonly SafeFileHandle _handle;

    private Folder(int fd) => _handle = new(fd, ownsHandle: true);

    /// <summary>Its path through /proc, which leads to it as long as it is open.</summary>
    internal string Self => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_handle.DangerousGetHandle()}");

    /// <summary>Who it is, whose, and how many names it has.</summary>
    internal statx_t Stat => Linux.fstat(_handle, out statx_t stat) == 0 ? stat : throw Fault();

    /// <summary>The names in it.</summary>
    internal IEnumerable<string> Names
    {
        get
        {
            try
            {
                return [.. Directory.EnumerateFileSystemEntries(Self).Select(path => Path.GetFileName(path))];
            }
            catch (UnauthorizedAccessException)
            {
                throw new IOException(Linux.Describe(Linux.EACCES));
            }
        }
    }

    /// <summary>Opens a directory by its path, links and all. Null with errno.</summary>
    internal static Folder? Open(string path, out int errno) => Made(Linux.open(path, _placeOnly), out errno);

    /// <summary>Opens a directory in it. Null with errno: ENOTDIR also where it is a link.</summary>
    internal Folder? OpenFolder(string name, out int errno) => Made(Linux.openat(_handle, name, _placeOnly | LibC.O_NOFOLLOW), out errno);

    /// <summary>Makes a directory in it, for its owner only. Gives 0 or errno.</summary>
    internal int MakeFolder(string name) => Linux.mkdirat(_handle, name, OwnerOnly) == 0 ? 0 : Linux.Errno;

    /// <summary>Makes a file in it, for its owner only, where nothing is.</summary>
    internal SafeFileHandle MakeFile(string name)
    {
        int fd = Linux.openat(
            _handle, name, LibC.O_RDWR | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, OwnerReadsAndWrites);
        return fd < 0 ? throw Fault() : new(fd, ownsHandle: true);
    }

    /// <summary>Opens a regular file in it for reading; null if there is none of that name.</summary>
    internal SafeFileHandle? OpenFile(string name)
    {
        int fd = Linux.openat(_handle, name, LibC.O_PATH | LibC.O_NOFOLLOW | LibC.O_CLOEXEC);
        if (fd < 0)
            return Linux.Errno == Linux.ENOENT ? null : throw Fault();
        return RegularFile.Reopen(fd, out string? refusal) ?? throw new IOException(refusal);
    }

    /// <summary>Renames within it; what has the new name is replaced.</summary>
    internal void Rename(string from, string to)
    {
        if (Linux.renameat2(_handle, from, to, 0) != 0)
            throw Fault();
    }

    /// <summary>Exchanges two names in one step. Gives 0 or errno.</summary>
    internal int Exchange(string one, string other) =>
        Linux.renameat2(_handle, one, other, Linux.RENAME_EXCHANGE) == 0 ? 0 : Linux.Errno;

    /// <summary>Removes a file or a link. False if there is none, or it cannot be.</summary>
    internal bool RemoveFile(string name) => Linux.unlinkat(_handle, name, 0) == 0;

    /// <summary>Removes a directory. False if it is not empty, or cannot be.</summary>
    internal bool RemoveFolder(string name) => Linux.unlinkat(_handle, name, LibC.AT_REMOVEDIR) == 0;

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static Folder? Made(int fd, out int errno)
    {
        errno = fd < 0 ? Linux.Errno : 0;
        return fd < 0 ? null : new(fd);
    }

    private static IOException Fault() => new(Linux.Describe(Linux.Errno));
}
