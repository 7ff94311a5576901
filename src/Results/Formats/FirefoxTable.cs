using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>The tables of a <see cref="FirefoxFile"/>: an object of columns, all of one length.</summary>
internal static class FirefoxTable
{
    /// <summary>A column of nulls.</summary>
    internal static Action<Utf8JsonWriter, int> Null { get; } = static (json, _) => json.WriteNullValue();

    /// <summary>Writes a table, column by column.</summary>
    internal static void Write(
        Utf8JsonWriter json,
        string name,
        int length,
        params ReadOnlySpan<(string Name, Action<Utf8JsonWriter, int> Value)> columns)
    {
        json.WriteStartObject(name);
        json.WriteNumber("length", length);
        foreach ((string column, Action<Utf8JsonWriter, int> value) in columns)
            json.WriteColumn(column, length, value);
        json.WriteEndObject();
    }

    /// <summary>Writes an index; null for -1.</summary>
    internal static void WriteNumberOrNull(this Utf8JsonWriter json, int index)
    {
        if (index < 0)
            json.WriteNullValue();
        else
            json.WriteNumberValue(index);
    }
}

/// <summary>The string table of a <see cref="FirefoxFile"/>, filled as the file is written. One thread.</summary>
internal sealed class FirefoxStrings
{
    private readonly List<string> _strings = [];
    private readonly Dictionary<string, int> _index = [];

    /// <summary>The index of a string.</summary>
    internal int Of(string text)
    {
        if (!_index.TryGetValue(text, out int index))
        {
            _index.Add(text, index = _strings.Count);
            _strings.Add(text);
        }

        return index;
    }

    /// <summary>Writes the table; none is to be added any more.</summary>
    internal void Write(Utf8JsonWriter json) =>
        json.WriteColumn("stringArray", _strings.Count, (to, i) => to.WriteStringValue(_strings[i]));
}
