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
