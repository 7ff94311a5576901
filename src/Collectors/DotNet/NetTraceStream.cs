using System.Buffers.Binary;
using System.Text;

namespace ForkFollow.Collectors.DotNet;

/// <summary>The kinds of objects in a nettrace stream that are read; stacks are not asked for.</summary>
internal enum NetTraceObject
{
    /// <summary>The stream is over, was cut off, or makes no sense from here on.</summary>
    End,

    /// <summary>How time is counted: once, at the beginning.</summary>
    Trace,

    /// <summary>What events there are: provider, number, name, fields.</summary>
    MetadataBlock,

    /// <summary>Events.</summary>
    EventBlock,

    /// <summary>How many events each thread has written so far, which tells how many were lost.</summary>
    SequencePointBlock,

    /// <summary>What is passed over.</summary>
    Other,
}

/// <summary>
/// The objects of a nettrace stream (format 4, .NET Core 3.0 and later), one after the other, as
/// dotnet/diagnostics and PerfView document it (NetTraceFormat_v4.md): <c>Nettrace</c>, <c>!FastSerialization.1</c>, then
/// objects with a type each. One buffer is used for all of them: it grows up to <see cref="MostBytes"/>, an object
/// that claims more ends the reading. Reads no more of the source than it must, so that it can be live. One thread.
/// </summary>
internal sealed class NetTraceStream(Stream source)
{
    /// <summary>The runtime's blocks have 100 kB, and an event at most 64 kB.</summary>
    private const int MostBytes = 4 << 20;

    /// <summary>A date, what the clock was then, its frequency, and four numbers.</summary>
    private const int TraceBytes = 48;

    private const byte NullTag = 1;
    private const byte BeginTag = 5;
    private const byte EndTag = 6;
    private const int LongestName = 64;

    private byte[] _buffer = new byte[16 << 10];
    private long _position;
    private bool _begun;

    /// <summary>The stream was read to its regular end.</summary>
    internal bool IsComplete { get; private set; }

    /// <summary>The next object.</summary>
    /// <param name="content">Its bytes, until the next call.</param>
    /// <exception cref="IOException">The source broke off with an error.</exception>
    internal NetTraceObject Read(out ReadOnlySpan<byte> content)
    {
        content = default;
        if (!_begun && !TryReadHead())
            return NetTraceObject.End;
        _begun = true;
        if (!TryReadType(out NetTraceObject type))
            return NetTraceObject.End;
        int size = TraceBytes;
        if (type != NetTraceObject.Trace)
        {
            if (!TryTake(4, out ReadOnlySpan<byte> field))
                return NetTraceObject.End;
            size = BinaryPrimitives.ReadInt32LittleEndian(field);
            if (!TryTake((int)(-_position & 3), out _))
                return NetTraceObject.End;
        }

        if (size is < 0 or > MostBytes || !TryTake(size + 1, out content) || content[^1] != EndTag)
            return NetTraceObject.End;
        content = content[..^1];
        return type;
    }

    private bool TryReadHead() =>
        TryTake(32, out ReadOnlySpan<byte> head)
        && head[..8].SequenceEqual("Nettrace"u8) && head[12..].SequenceEqual("!FastSerialization.1"u8);

    /// <summary>Begin, begin, null, version, least version of a reader, name, end.</summary>
    private bool TryReadType(out NetTraceObject type)
    {
        type = NetTraceObject.End;
        if (!TryTake(1, out ReadOnlySpan<byte> begin))
            return false;
        IsComplete = begin[0] == NullTag;
        if (begin[0] != BeginTag || !TryTake(14, out ReadOnlySpan<byte> head) || head[0] != BeginTag || head[1] != NullTag)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(head[10..]);
        if (length is < 0 or > LongestName || !TryTake(length + 1, out ReadOnlySpan<byte> name) || name[^1] != EndTag)
            return false;
        type = Encoding.ASCII.GetString(name[..^1]) switch
        {
            "Trace" => NetTraceObject.Trace,
            "MetadataBlock" => NetTraceObject.MetadataBlock,
            "EventBlock" => NetTraceObject.EventBlock,
            "SPBlock" => NetTraceObject.SequencePointBlock,
            _ => NetTraceObject.Other,
        };
        return true;
    }

    private bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        if (count > _buffer.Length)
            _buffer = new byte[Math.Min(MostBytes + 1, Math.Max(count, _buffer.Length * 2))];
        int read = source.ReadAtLeast(_buffer.AsSpan(0, count), count, throwOnEndOfStream: false);
        _position += read;
        bytes = _buffer.AsSpan(0, read);
        return read == count;
    }
}
