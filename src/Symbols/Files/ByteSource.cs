using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>A part of a file.</summary>
public readonly record struct FilePart(ulong Offset, ulong Size);

/// <summary>
/// Bytes at offsets, of a file or of memory that was copied. A file is read by pread, never mapped: a mapped file that its
/// owner truncates means SIGBUS, and our death kills the launched workload. Reads of what is not there give fewer bytes;
/// nothing throws. Any thread.
/// </summary>
public sealed class ByteSource
{
    /// <summary>Some 0.1 ms.</summary>
    private const int Slice = 256 * 1024;

    private readonly SafeFileHandle? _file;
    private readonly ulong _start;

    /// <summary>What was copied, in order and without overlap.</summary>
    private readonly (ulong Offset, byte[] Bytes)[] _pieces = [];

    /// <param name="file">An open file; stays the caller's.</param>
    /// <param name="length">How much of it may be read.</param>
    public ByteSource(SafeFileHandle file, ulong length)
    {
        _file = file;
        Length = Math.Min(length, long.MaxValue);
    }

    /// <param name="bytes">What it reads; not copied.</param>
    public ByteSource(byte[] bytes)
        : this((ulong)bytes.Length, [(0, bytes)])
    {
    }

    /// <summary>A part of a file that counts from 0, of memory through /proc/PID/mem.</summary>
    public ByteSource(SafeFileHandle file, ulong start, ulong length)
        : this(file, length) => _start = start;

    private ByteSource(ulong length, (ulong Offset, byte[] Bytes)[] pieces)
    {
        Length = length;
        _pieces = pieces;
        Copied = pieces.Sum(piece => (long)piece.Bytes.Length);
    }

    /// <summary>How many bytes there may be; a hostile file may have shrunk since.</summary>
    public ulong Length { get; }

    /// <summary>How many of them are in memory of ours.</summary>
    public long Copied { get; }

    /// <summary>Whether a range lies inside, without overflow.</summary>
    public bool Has(ulong offset, ulong size) => offset <= Length && size <= Length - offset;

    /// <summary>
    /// Copies parts of it into memory, so that they can be read where they are when the file is closed. All in between is not there.
    /// </summary>
    /// <param name="parts">In any order; they may overlap, and reach beyond the end.</param>
    /// <param name="most">How many bytes may be copied.</param>
    /// <param name="stop">Is asked every 0.1 ms: true ends it.</param>
    /// <returns>Null if that is too much, or it was ended.</returns>
    public ByteSource? Copy(IEnumerable<FilePart> parts, long most, Func<bool> stop)
    {
        List<FilePart> whole = Join(parts);
        if (whole.Aggregate(0UL, (sum, part) => sum + part.Size) > (ulong)most)
            return null;
        var pieces = new (ulong Offset, byte[] Bytes)[whole.Count];
        for (int i = 0; i < pieces.Length; i++)
        {
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)whole[i].Size);
            int done = 0;
            int got = -1;
            while (done < bytes.Length && got != 0)
            {
                if (stop())
                    return null;
                got = Read(whole[i].Offset + (ulong)done, bytes.AsSpan(done, Math.Min(Slice, bytes.Length - done)));
                done += got;
            }

            pieces[i] = (whole[i].Offset, done == bytes.Length ? bytes : bytes[..done]);
        }

        return new(Length, pieces);
    }

    /// <summary>Reads from an offset. Returns how many bytes there were, less than asked for at the end or after an error.</summary>
    public int Read(ulong offset, Span<byte> buffer)
    {
        if (offset >= Length)
            return 0;
        if ((ulong)buffer.Length > Length - offset)
            buffer = buffer[..(int)(Length - offset)];
        return _file is not null ? ReadFile(offset, buffer) : ReadPiece(offset, buffer);
    }

    /// <summary>Reads a range whole; null if it is not all there or longer than <paramref name="limit"/>.</summary>
    public byte[]? ReadAll(ulong offset, ulong size, int limit)
    {
        if (size > (ulong)limit || !Has(offset, size))
            return null;
        byte[] bytes = new byte[size];
        return Read(offset, bytes) == bytes.Length ? bytes : null;
    }

    /// <summary>The parts in order, as far as they are there; those that touch are one.</summary>
    private List<FilePart> Join(IEnumerable<FilePart> parts)
    {
        var joined = new List<FilePart>();
        foreach (FilePart part in parts.OrderBy(part => part.Offset))
        {
            if (part.Offset >= Length || part.Size == 0)
                continue;
            ulong end = part.Offset + Math.Min(part.Size, Length - part.Offset);
            if (joined.Count > 0 && joined[^1] is var last && last.Offset + last.Size >= part.Offset)
                joined[^1] = last with { Size = Math.Max(last.Offset + last.Size, end) - last.Offset };
            else
                joined.Add(new(part.Offset, end - part.Offset));
        }

        return joined;
    }

    private int ReadPiece(ulong offset, Span<byte> buffer)
    {
        foreach ((ulong start, byte[] bytes) in _pieces)
        {
            if (offset < start || offset - start >= (ulong)bytes.Length)
                continue;
            ReadOnlySpan<byte> there = bytes.AsSpan((int)(offset - start));
            there = there[..Math.Min(there.Length, buffer.Length)];
            there.CopyTo(buffer);
            return there.Length;
        }

        return 0;
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
