using System.Buffers.Text;
using System.Runtime.InteropServices;
using ForkFollow.Follower.Interop;

namespace ForkFollow.Follower;

/// <summary>
/// Reads /proc without allocating on the managed heap. The buffer is its own: one instance serves one thread, and
/// what a call returns is valid until the next one.
/// </summary>
internal sealed unsafe class ProcFs : IDisposable
{
    private const int InitialCapacity = 64 * 1024;

    /// <summary>Longer than ARG_MAX can be on a default stack limit; a longer command line is cut.</summary>
    private const int MaxCapacity = 4 * 1024 * 1024;

    private byte* _buffer = (byte*)NativeMemory.Alloc(InitialCapacity);
    private int _capacity = InitialCapacity;

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_buffer);
        _buffer = null;
        GC.SuppressFinalize(this);
    }

    ~ProcFs() => NativeMemory.Free(_buffer);

    /// <summary>The content of /proc/PID/<paramref name="file"/>; empty if the process is gone or hides it.</summary>
    internal ReadOnlySpan<byte> Read(int pid, ReadOnlySpan<byte> file)
    {
        byte* path = stackalloc byte[64];
        Compose(path, pid, file);
        int fd = LibC.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC);
        if (fd < 0)
            return default;

        int length = 0;
        while (true)
        {
            nint got = LibC.read(fd, _buffer + length, (nuint)(_capacity - length));
            if (got < 0 && LibC.Errno == LibC.EINTR)
                continue;
            if (got <= 0)
                break;
            length += (int)got;
            if (length == _capacity && !Grow())
                break;
        }

        _ = LibC.close(fd);
        return new(_buffer, length);
    }

    /// <summary>The target of the link /proc/PID/<paramref name="link"/>; empty if it cannot be read.</summary>
    internal ReadOnlySpan<byte> ReadLink(int pid, ReadOnlySpan<byte> link)
    {
        byte* path = stackalloc byte[64];
        Compose(path, pid, link);
        nint got = LibC.readlink(path, _buffer, (nuint)_capacity);
        return got <= 0 ? default : new(_buffer, (int)got);
    }

    /// <summary>Writes <c>/proc/PID/file</c> and a zero byte.</summary>
    internal static void Compose(byte* path, int pid, ReadOnlySpan<byte> file)
    {
        var target = new Span<byte>(path, 64);
        "/proc/"u8.CopyTo(target);
        int at = 6;
        Utf8Formatter.TryFormat(pid, target[at..], out int digits);
        at += digits;
        target[at++] = (byte)'/';
        file.CopyTo(target[at..]);
        target[at + file.Length] = 0;
    }

    /// <summary>The number behind <paramref name="key"/> in a file of <c>Key:\tvalue</c> lines; 0 if there is none.</summary>
    internal static long Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        int at = text.IndexOf(key);
        if (at < 0)
            return 0;
        ReadOnlySpan<byte> value = text[(at + key.Length)..].TrimStart(" \t"u8);
        return Utf8Parser.TryParse(value, out long number, out _) ? number : 0;
    }

    /// <summary>
    /// The numbers of /proc/PID/stat behind the command name, which may itself hold spaces and parentheses.
    /// <paramref name="fields"/>[0] is field 4 of proc(5), the parent's pid.
    /// </summary>
    internal static bool ParseStat(ReadOnlySpan<byte> stat, Span<long> fields)
    {
        int close = stat.LastIndexOf((byte)')');
        if (close < 0 || close + 4 > stat.Length)
            return false;
        ReadOnlySpan<byte> rest = stat[(close + 4)..];
        for (int i = 0; i < fields.Length; i++)
        {
            rest = rest.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(rest, out fields[i], out int used))
            {
                // Some fields are unsigned and larger than a long; none of ours is.
                used = rest.IndexOf((byte)' ');
                if (used <= 0)
                    return false;
            }

            rest = rest[used..];
        }

        return true;
    }

    private bool Grow()
    {
        if (_capacity >= MaxCapacity)
            return false;
        _capacity *= 4;
        _buffer = (byte*)NativeMemory.Realloc(_buffer, (nuint)_capacity);
        return true;
    }
}
