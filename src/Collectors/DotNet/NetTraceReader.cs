using System.Numerics;

namespace ForkFollow.Collectors.DotNet;

/// <summary>Takes the events of a stream. The thread that reads it.</summary>
internal interface IRuntimeEventSink
{
    /// <summary>Takes one.</summary>
    void Take(in RuntimeEvent one);
}

/// <summary>
/// The events in the objects of a nettrace stream. All numbers in it are the target's: whatever they are, a block is read to
/// its end at most, and tables have a limit. One thread.
/// </summary>
internal sealed class NetTraceReader(IRuntimeEventSink sink)
{
    private const int MostDefinitions = 20_000;
    private const int MostThreads = 20_000;
    private const ulong NanosecondsPerSecond = 1_000_000_000;
    private const ushort CompressedHeaders = 1;

    private readonly Dictionary<uint, EventDefinition> _definitions = [];
    private readonly Dictionary<long, uint> _written = [];
    private ulong _frequency = NanosecondsPerSecond;

    /// <summary>How many events were lost, since the target's buffer was full.</summary>
    internal long Lost { get; private set; }

    /// <summary>Takes an object.</summary>
    internal void Take(NetTraceObject type, ReadOnlySpan<byte> content)
    {
        switch (type)
        {
            case NetTraceObject.Trace:
                var reader = new PayloadReader(content[24..]);
                _frequency = Math.Max(reader.U64(), 1);
                break;
            case NetTraceObject.MetadataBlock:
                TakeBlock(content, definitions: true);
                break;
            case NetTraceObject.EventBlock:
                TakeBlock(content, definitions: false);
                break;
            case NetTraceObject.SequencePointBlock:
                TakeSequencePoint(content);
                break;
            default:
                break;
        }
    }

    /// <summary>u16 size of the header, u16 flags, …; events, of whose headers only what has changed is there.</summary>
    private void TakeBlock(ReadOnlySpan<byte> content, bool definitions)
    {
        var reader = new PayloadReader(content);
        int header = reader.U16();
        if (reader.U16() != CompressedHeaders || header < 4)
            return;
        reader.Take(header - 4);
        var state = new HeaderState();
        while (!reader.Left.IsEmpty)
        {
            state.Read(ref reader, out uint sequence);
            ReadOnlySpan<byte> payload = reader.Take(state.PayloadSize);
            if (reader.IsShort)
                return;
            if (definitions)
            {
                Define(payload);
                continue;
            }

            CountSequence(state.CaptureThread, sequence);
            if (_definitions.TryGetValue(state.Definition, out EventDefinition? definition))
                sink.Take(new(definition, state.Thread, TimeOf(state.Time), payload));
        }
    }

    private void Define(ReadOnlySpan<byte> payload)
    {
        EventDefinition? definition = EventDefinition.Read(payload, out uint number);
        if (definition is null or { Origin: EventOrigin.Other })
            _definitions.Remove(number);
        else if (_definitions.Count < MostDefinitions)
            _definitions[number] = definition;
    }

    /// <summary>u64 time, u32 count, and for each thread: u64 id, u32 sequence number.</summary>
    private void TakeSequencePoint(ReadOnlySpan<byte> content)
    {
        var reader = new PayloadReader(content);
        reader.U64();
        reader.U32();
        while (reader.Left.Length >= 12)
        {
            long thread = reader.I64();
            CountSequence(thread, reader.U32(), isEvent: false);
        }
    }

    /// <summary>Each thread numbers what it writes: where a number is missing an event was lost.</summary>
    private void CountSequence(long thread, uint sequence, bool isEvent = true)
    {
        bool known = _written.TryGetValue(thread, out uint last);
        if (!known && _written.Count == MostThreads)
            return;
        _written[thread] = sequence;
        int missing = (int)(sequence - last) - (isEvent && known ? 1 : 0);
        if (known && missing > 0)
            Lost += missing;
    }

    private long TimeOf(long ticks) => _frequency == NanosecondsPerSecond || ticks < 0
        ? ticks
        : (long)((UInt128)ticks * NanosecondsPerSecond / _frequency);

    /// <summary>What an event's header leaves out is as in the one before.</summary>
    private struct HeaderState
    {
        private uint _sequence;

        internal uint Definition { get; private set; }

        internal long CaptureThread { get; private set; }

        internal long Thread { get; private set; }

        internal long Time { get; private set; }

        internal int PayloadSize { get; private set; }

        internal void Read(ref PayloadReader reader, out uint sequence)
        {
            byte flags = reader.U8();
            if ((flags & 0x01) != 0)
                Definition = reader.VarU32() & ~(1u << 31);
            if ((flags & 0x02) != 0)
            {
                _sequence += reader.VarU32() + 1;
                CaptureThread = (long)reader.VarU64();
                reader.VarU32();
            }
            else if (Definition != 0)
            {
                _sequence++;
            }

            if ((flags & 0x04) != 0)
                Thread = (long)reader.VarU64();
            if ((flags & 0x08) != 0)
                reader.VarU32();
            Time += (long)reader.VarU64();
            reader.Take(BitOperations.PopCount(flags & 0x30u) * 16);
            if ((flags & 0x80) != 0)
                PayloadSize = (int)reader.VarU32();
            sequence = _sequence;
        }
    }
}
