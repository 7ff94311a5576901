using System.Runtime.InteropServices;
using ForkFollow.Native;

namespace ForkFollow.Collectors.Perf;

/// <summary>
/// Records of one ring that are not processed yet, in the order of the ring. Reader thread.
/// </summary>
internal sealed class RecordBatch
{
    private byte[] _bytes = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>The time of the first record; <see cref="long.MaxValue"/> if there is none.</summary>
    internal long Time { get; private set; } = long.MaxValue;

    /// <summary>Room for bytes at its end.</summary>
    internal Span<byte> Append(int length)
    {
        if (_start > 0 && _end + length > _bytes.Length)
        {
            Buffer.BlockCopy(_bytes, _start, _bytes, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }

        if (_end + length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_end + length, _bytes.Length * 2));
        Span<byte> room = _bytes.AsSpan(_end, length);
        _end += length;
        return room;
    }

    /// <summary>Finds the time of the first record. After Append has been filled.</summary>
    internal void Update() => Time = _start == _end ? long.MaxValue : PerfRecord.TimeOf(First());

    /// <summary>Takes the first record. Valid until the next Append.</summary>
    internal ReadOnlySpan<byte> Take()
    {
        ReadOnlySpan<byte> record = First();
        _start += record.Length;
        Update();
        return record;
    }

    private ReadOnlySpan<byte> First()
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(_start, _end - _start);
        int size = MemoryMarshal.Read<perf_event_header>(rest).size;
        return rest[..size];
    }
}
