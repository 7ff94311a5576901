using System.Buffers.Text;

namespace ForkFollow.Symbols;

/// <summary>Reads a text file line by line, as bytes. Lines that are too long are skipped and counted. One thread.</summary>
internal sealed class LineReader
{
    private readonly ByteSource _source;
    private readonly byte[] _buffer = new byte[1 << 18];
    private ulong _at;
    private int _start;
    private int _end;

    internal LineReader(ByteSource source) => _source = source;

    /// <summary>How many lines were longer than the buffer.</summary>
    internal int TooLong { get; private set; }

    /// <summary>The next line without its end; it is valid until the next call. False at the end.</summary>
    internal bool TryRead(out ReadOnlySpan<byte> line)
    {
        bool skipping = false;
        while (true)
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = _buffer.AsSpan(_start, length);
                _start += length + 1;
                if (!skipping)
                    return true;
                skipping = false;
                continue;
            }

            if (_start == 0 && _end == _buffer.Length)
            {
                TooLong += skipping ? 0 : 1;
                skipping = true;
                _end = 0;
            }

            if (Fill() == 0)
            {
                line = _buffer.AsSpan(_start, _end - _start);
                _start = _end;
                return line.Length > 0 && !skipping;
            }
        }
    }

    /// <summary>Takes a hexadecimal number of at most 16 digits off a line, with or without 0x. False if there is none.</summary>
    internal static bool TryTakeHex(ref ReadOnlySpan<byte> line, out ulong value)
    {
        ReadOnlySpan<byte> digits = line.StartsWith("0x"u8) || line.StartsWith("0X"u8) ? line[2..] : line;
        if (!Utf8Parser.TryParse(digits, out value, out int used, 'x') || used > 16)
            return false;
        line = digits[used..];
        return true;
    }

    private int Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        int count = _source.Read(_at, _buffer.AsSpan(_end));
        _at += (ulong)count;
        _end += count;
        return count;
    }
}
