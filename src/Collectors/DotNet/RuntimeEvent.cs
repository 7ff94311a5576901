namespace ForkFollow.Collectors.DotNet;

/// <summary>Whose events are read.</summary>
internal enum EventOrigin
{
    /// <summary>Somebody else's: passed over.</summary>
    Other,

    /// <summary>Microsoft-Windows-DotNETRuntime.</summary>
    Runtime,

    /// <summary>Microsoft-Windows-DotNETRuntimeRundown.</summary>
    Rundown,

    /// <summary>System.Runtime: event counters.</summary>
    Counters,

    /// <summary>Microsoft-DotNETCore-EventPipe: the process.</summary>
    Pipe,
}

/// <summary>A kind of event, as the stream defines it.</summary>
/// <param name="Origin">Whose.</param>
/// <param name="Id">Its number there.</param>
/// <param name="Version">The version of its fields.</param>
/// <param name="IsIncrement">It is a counter that tells what was added since the last time, not a level.</param>
internal sealed record EventDefinition(EventOrigin Origin, int Id, int Version, bool IsIncrement)
{
    private static ReadOnlySpan<byte> Increment => "I\0n\0c\0r\0e\0m\0e\0n\0t\0\0\0"u8;

    /// <summary>Reads a definition; null if it makes no sense.</summary>
    /// <param name="payload">Its bytes: number, provider, number there, name, keywords, version, level, fields.</param>
    /// <param name="number">What events will call it.</param>
    internal static EventDefinition? Read(ReadOnlySpan<byte> payload, out uint number)
    {
        var reader = new PayloadReader(payload);
        number = reader.U32();
        EventOrigin origin = reader.Text() switch
        {
            RuntimeProviders.Runtime => EventOrigin.Runtime,
            RuntimeProviders.Rundown => EventOrigin.Rundown,
            RuntimeProviders.Counters => EventOrigin.Counters,
            RuntimeProviders.Pipe => EventOrigin.Pipe,
            _ => EventOrigin.Other,
        };
        int id = reader.I32();
        ReadOnlySpan<char> name = reader.Text();
        reader.U64();
        int version = reader.I32();
        reader.U32();
        if (reader.IsShort)
            return null;

        // The events of System.Runtime are known by their name; both kinds of counters share it, and differ in their fields.
        if (origin == EventOrigin.Counters && name is not "EventCounters")
            origin = EventOrigin.Other;
        return new(origin, id, version, reader.Left.IndexOf(Increment) >= 0);
    }
}

/// <summary>An event. Its payload is the target's, and belongs to the buffer of the stream.</summary>
internal readonly ref struct RuntimeEvent(EventDefinition definition, long thread, long time, ReadOnlySpan<byte> payload)
{
    internal EventOrigin Origin => definition.Origin;

    internal int Id => definition.Id;

    internal int Version => definition.Version;

    internal bool IsIncrement => definition.IsIncrement;

    /// <summary>The thread that it is of, by its id in the target.</summary>
    internal long Thread { get; } = thread;

    /// <summary>When, in nanoseconds of CLOCK_MONOTONIC.</summary>
    internal long Time { get; } = time;

    internal ReadOnlySpan<byte> Payload { get; } = payload;
}
