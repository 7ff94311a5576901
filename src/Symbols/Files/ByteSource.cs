using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>
/// Bytes at offsets, of a file or of memory that was copied. A file is read by pread, never mapped: a mapped file that its
/// owner truncates means SIGBUS, and our death kills the launched workload. Reads of what is not there give fewer bytes;
/// nothing throws. Any thread.
/// </summary>
public sealed class ByteSource
{
    private readonly SafeFileHandle? _file;
    private readonly byte[] _bytes = [];
    private readonly ulong _start;

    /// <param name="file">An open file; stays the caller's.</param>
    /// <param name="length">How much of it may be read.</param>
    public ByteSource(SafeFileHandle file, ulong length)
    {
        _file = file;
        Length = Math.Min(length, long.MaxValue);
    }

    /// <param name="bytes">What it reads; not copied.</param>
    public ByteSource(byte[] bytes)
    {
        _bytes = bytes;
        Length = (ulong)bytes.Length;
    }

    /// <summary>A part of a file that counts from 0, of memory through /proc/PID/mem.</summary>
    public ByteSource(SafeFileHandle file, ulong start, ulong length)
        : this(file, length) => _start = start;

    /// <summary>How many bytes there may be; a hostile file may have shrunk since.</summary>
    public ulong Length { get; }

    /// <summary>Whether a range lies inside, without overflow.</summary>
    public bool Has(ulong offset, ulong size) => offset <= Length && size <= Length - offset;

    /// <summary>Reads from an offset. Returns how many bytes there were, less than asked for at the end or after an error.</summary>
    public int Read(ulong offset, Span<byte> buffer)
    {
        if (offset >= Length)
            return 0;
        if ((ulong)buffer.Length > Length - offset)
            buffer = buffer[..(int)(Length - offset)];
        if (_file is not null)
            return ReadFile(offset, buffer);
        _bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
        return buffer.Length;
    }

    /// <summary>Reads a range whole; null if it is not all there or longer than <paramref name="limit"/>.</summary>
    public byte[]? ReadAll(ulong offset, ulong size, int limit)
    {
        if (size > (ulong)limit || !Has(offset, size))
            return null;
        byte[] bytes = new byte[size];
        return Read(offset, bytes) == bytes.Length ? bytes : null;
    }

    private int ReadFile(ulong offset, Span<byte> buffer)
    {
        int done = 0;
        try
        {
            while (done < buffer.Length)
            {
                int count = RandomAccess.Read(_file!, buffer[done..], (long)(_start + offset) + done);
                if (count <= 0)
                    break;
                done += count;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException
            or NotSupportedException or ArgumentException)
        {
            // EIO of a bad disk or of a FUSE mount of the target, a handle that was closed: what was read is all there is.
        }

        return done;
    }
}
