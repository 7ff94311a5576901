using System.Globalization;
using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>What the writers of JSON have in common. Any thread, one per writer.</summary>
internal static class FormatJson
{
    /// <summary>So much may wait in memory; the writer would keep all of it until it is told to flush.</summary>
    private const int MaxPending = 64 * 1024;

    /// <summary>
    /// A writer whose output is safe inside HTML too: its encoder escapes <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c> and all
    /// that is not ASCII. It does not own the stream.
    /// </summary>
    internal static Utf8JsonWriter Open(Stream output) => new(output, new() { Indented = false, SkipValidation = true });

    /// <summary>Passes on what was written, if it is much. To be called at least once for every few kilobytes.</summary>
    internal static void FlushIfMuch(this Utf8JsonWriter json)
    {
        if (json.BytesPending > MaxPending)
            json.Flush();
    }

    /// <summary>Writes nanoseconds as microseconds, exactly.</summary>
    internal static void WriteMicroseconds(this Utf8JsonWriter json, string name, long nanoseconds)
    {
        json.WritePropertyName(name);
        json.WriteScaled(nanoseconds, 3);
    }

    /// <summary>Writes nanoseconds as milliseconds, exactly.</summary>
    internal static void WriteMilliseconds(this Utf8JsonWriter json, string name, long? nanoseconds)
    {
        json.WritePropertyName(name);
        json.WriteMillisecondsValue(nanoseconds);
    }

    /// <summary>Writes nanoseconds as milliseconds, exactly; null as null.</summary>
    internal static void WriteMillisecondsValue(this Utf8JsonWriter json, long? nanoseconds)
    {
        if (nanoseconds is { } value)
            json.WriteScaled(value, 6);
        else
            json.WriteNullValue();
    }

    /// <summary>Writes <c>"name": [value, …]</c>, flushing as it goes.</summary>
    internal static void WriteColumn(this Utf8JsonWriter json, string name, int length, Action<Utf8JsonWriter, int> value)
    {
        json.WriteStartArray(name);
        for (int i = 0; i < length; i++)
        {
            value(json, i);
            json.FlushIfMuch();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a number divided by a power of ten, as a decimal: a double would lose digits of long times.</summary>
    private static void WriteScaled(this Utf8JsonWriter json, long value, int digits)
    {
        ulong magnitude = value < 0 ? 0UL - (ulong)value : (ulong)value;
        json.WriteNumberValue(new decimal((int)magnitude, (int)(magnitude >> 32), 0, value < 0, (byte)digits));
    }

    /// <summary>A number without a culture.</summary>
    internal static string Invariant(long value) => value.ToString(CultureInfo.InvariantCulture);
}
