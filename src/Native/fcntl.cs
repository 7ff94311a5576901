using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace ForkFollow.Native;

/// <summary>Calls of Tmds.LibC with their path as a string.</summary>
public static unsafe partial class Linux
{
    private const int PathOnStack = 256;

    /// <summary>open(2) of an existing file. Returns a file descriptor, or -1 with errno.</summary>
    public static int open(string path, int flags)
    {
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return LibC.open(pointer, flags, default);
    }

    /// <summary>
    /// openat2(2): resolves a path inside a root. Returns a file descriptor, or -1 with errno; EAGAIN if a directory on the
    /// way was renamed meanwhile. Since 5.6.
    /// </summary>
    public static int openat2(int dirfd, string path, open_how* how)
    {
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return LibC.openat2(dirfd, pointer, how, sizeof(open_how));
    }

    /// <summary>openat(2) in a directory that is open. Returns a file descriptor, or -1 with errno.</summary>
    /// <exception cref="ObjectDisposedException">The directory was closed.</exception>
    public static int openat(SafeHandle directory, string path, int flags, uint mode = 0)
    {
        using var at = new Borrowed(directory);
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return LibC.openat(at.Fd, pointer, flags, (ushort)mode);
    }

    /// <summary>mkdirat(2). Returns 0, or -1 with errno.</summary>
    /// <exception cref="ObjectDisposedException">The directory was closed.</exception>
    public static int mkdirat(SafeHandle directory, string path, uint mode)
    {
        using var at = new Borrowed(directory);
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return LibC.mkdirat(at.Fd, pointer, (ushort)mode);
    }

    /// <summary>unlinkat(2). Returns 0, or -1 with errno.</summary>
    /// <exception cref="ObjectDisposedException">The directory was closed.</exception>
    public static int unlinkat(SafeHandle directory, string path, int flags)
    {
        using var at = new Borrowed(directory);
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return LibC.unlinkat(at.Fd, pointer, flags);
    }

    /// <summary>renameat2(2) inside of a directory. Returns 0, or -1 with errno; EINVAL where the file system has no such flag.</summary>
    /// <exception cref="ObjectDisposedException">The directory was closed.</exception>
    public static int renameat2(SafeHandle directory, string from, string to, uint flags)
    {
        using var at = new Borrowed(directory);
        using var source = new Utf8Path(from, stackalloc byte[PathOnStack]);
        using var target = new Utf8Path(to, stackalloc byte[PathOnStack]);
        fixed (byte* sourcePointer = source.Bytes)
        fixed (byte* targetPointer = target.Bytes)
            return renameat2(at.Fd, sourcePointer, at.Fd, targetPointer, flags);
    }

    /// <summary>fstat(2), as statx(2) tells it. Returns 0, or -1 with errno.</summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public static int fstat(SafeHandle file, out statx_t stat)
    {
        using var at = new Borrowed(file);
        stat = default;
        fixed (statx_t* buffer = &stat)
            return statx(at.Fd, "", LibC.AT_EMPTY_PATH, STATX_BASIC_STATS, buffer);
    }

    /// <summary>statx(2) of a path. Returns 0, or -1 with errno.</summary>
    public static int stat(string path, out statx_t stat)
    {
        stat = default;
        fixed (statx_t* buffer = &stat)
            return statx(LibC.AT_FDCWD, path, 0, STATX_BASIC_STATS, buffer);
    }

    /// <summary>statx(2). Returns 0, or -1 with errno.</summary>
    public static int statx(int dirfd, string path, int flags, uint mask, statx_t* buffer)
    {
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return statx(dirfd, pointer, flags, mask, buffer);
    }

    /// <summary>mkfifo(3). Returns 0, or -1 with errno.</summary>
    public static int mkfifo(string path, uint mode)
    {
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return LibC.mkfifo(pointer, (ushort)mode);
    }

    /// <summary>unlink(2). Returns 0, or -1 with errno.</summary>
    public static int unlink(string path)
    {
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return LibC.unlink(pointer);
    }

    /// <summary>access(2) with the real ids. Returns 0, or -1 with errno.</summary>
    public static int access(string path, int mode)
    {
        using var text = new Utf8Path(path, stackalloc byte[PathOnStack]);
        fixed (byte* pointer = text.Bytes)
            return LibC.access(pointer, mode);
    }

    /// <summary>A descriptor that nobody closes, and gives to another file, while it is used.</summary>
    private readonly ref struct Borrowed
    {
        private readonly SafeHandle _handle;

        internal Borrowed(SafeHandle handle)
        {
            bool added = false;
            handle.DangerousAddRef(ref added);
            _handle = handle;
        }

        internal int Fd => (int)_handle.DangerousGetHandle();

        internal void Dispose() => _handle.DangerousRelease();
    }

    /// <summary>A path as C has it: on the stack if it fits.</summary>
    private readonly ref struct Utf8Path
    {
        private readonly byte* _heap;

        internal Utf8Path(string path, Span<byte> onStack)
        {
            int most = Encoding.UTF8.GetMaxByteCount(path.Length) + 1;
            if (most > onStack.Length)
            {
                _heap = (byte*)NativeMemory.Alloc((nuint)most);
                onStack = new(_heap, most);
            }

            int length = Encoding.UTF8.GetBytes(path, onStack);
            onStack[length] = 0;
            Bytes = onStack;
        }

        internal ReadOnlySpan<byte> Bytes { get; }

        internal void Dispose() => NativeMemory.Free(_heap);
    }
}
