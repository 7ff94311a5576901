using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ForkFollow.Native;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Perf;

/// <summary>
/// One record of a ring (perf_event_open(2)). All events of a stream have IDENTIFIER, IP, TID and TIME in their samples
/// and sample_id_all, so that those are at the same place in all samples, and at the end of all other records:
/// <code>
/// sample: header id ip pid tid time [callchain] [raw] [user regs, user stack]
/// other:  header …body… pid tid time id
/// </code>
/// The kernel writes it, so its shape is trusted; names in it come from processes.
/// </summary>
internal readonly ref struct PerfRecord
{
    private const int HeaderSize = 8;
    private const int TrailerSize = 24;
    private const int SampleFixedSize = 40;

    private readonly ReadOnlySpan<byte> _bytes;

    internal PerfRecord(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        Header = MemoryMarshal.Read<perf_event_header>(bytes);
    }

    internal perf_event_header Header { get; }

    /// <summary>Which event wrote it.</summary>
    internal ulong EventId => IsSample(Header) ? U64(8) : U64(_bytes.Length - 8);

    /// <summary>The process that was current; of a FORK and EXIT record rather its body's.</summary>
    internal int Pid => IsSample(Header) ? I32(24) : I32(_bytes.Length - TrailerSize);

    /// <summary>The thread that was current.</summary>
    internal int Tid => IsSample(Header) ? I32(28) : I32(_bytes.Length - TrailerSize + 4);

    /// <summary>When, by CLOCK_MONOTONIC, in nanoseconds.</summary>
    internal long Time => TimeOf(_bytes);

    /// <summary>What follows the fixed part of a sample.</summary>
    internal ReadOnlySpan<byte> SampleTail => _bytes[SampleFixedSize..];

    /// <summary>What is between the header and the trailer of any other record.</summary>
    internal ReadOnlySpan<byte> Body => _bytes[HeaderSize..^TrailerSize];

    /// <summary>The time of a record.</summary>
    internal static long TimeOf(ReadOnlySpan<byte> bytes)
    {
        perf_event_header header = MemoryMarshal.Read<perf_event_header>(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes[(IsSample(header) ? 32 : bytes.Length - 16)..]);
    }

    /// <summary>Takes a call chain off the front of a sample's tail, innermost first, with its context marks.</summary>
    internal static ReadOnlySpan<ulong> TakeCallChain(ref ReadOnlySpan<byte> tail)
    {
        int count = (int)BinaryPrimitives.ReadUInt64LittleEndian(tail);
        ReadOnlySpan<ulong> chain = MemoryMarshal.Cast<byte, ulong>(tail.Slice(8, count * 8));
        tail = tail[(8 + (count * 8))..];
        return chain;
    }

    /// <summary>Takes the raw data of a tracepoint off the front of a sample's tail.</summary>
    internal static ReadOnlySpan<byte> TakeRaw(ref ReadOnlySpan<byte> tail)
    {
        int size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        ReadOnlySpan<byte> raw = tail.Slice(4, size);
        tail = tail[(4 + size)..];
        return raw;
    }

    /// <summary>Takes the user registers off the front of a sample's tail. None of a kernel thread: the ABI is 0 then.</summary>
    internal static ReadOnlySpan<ulong> TakeUserRegisters(ref ReadOnlySpan<byte> tail, out ulong abi)
    {
        abi = BinaryPrimitives.ReadUInt64LittleEndian(tail);
        int length = abi == 0 ? 0 : UserRegisters.Count * sizeof(ulong);
        ReadOnlySpan<ulong> registers = MemoryMarshal.Cast<byte, ulong>(tail.Slice(8, length));
        tail = tail[(8 + length)..];
        return registers;
    }

    /// <summary>Takes the copy of the user stack, from the stack pointer on: what could be read of it, maybe nothing.</summary>
    internal static ReadOnlySpan<byte> TakeUserStack(ref ReadOnlySpan<byte> tail)
    {
        int size = (int)BinaryPrimitives.ReadUInt64LittleEndian(tail);
        ReadOnlySpan<byte> rest = tail[8..];
        if (size == 0)
        {
            tail = rest;
            return default;
        }

        ulong copied = BinaryPrimitives.ReadUInt64LittleEndian(rest[size..]);
        tail = rest[(size + 8)..];
        return rest[..(int)Math.Min(copied, (ulong)size)];
    }

    private static bool IsSample(perf_event_header header) => header.type == PerfRecordType.PERF_RECORD_SAMPLE;

    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[at..]);

    private int I32(int at) => BinaryPrimitives.ReadInt32LittleEndian(_bytes[at..]);
}
