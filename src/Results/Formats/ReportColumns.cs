using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>
/// The columns of the report's data. Text is written as an index in one table of strings, which follows at the end,
/// since processes of one run share nearly all their words. Not thread-safe.
/// </summary>
internal sealed class ReportColumns(Utf8JsonWriter json)
{
    /// <summary>Longer texts are cut: a script that is passed as an argument has up to 128 KiB.</summary>
    internal const int LongestText = 16 * 1024;

    private const int FlushBytes = 1 << 16;

    private readonly List<string> _strings = [];
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    internal Utf8JsonWriter Json => json;

    /// <summary>The index of a text; -1 for none.</summary>
    internal int Index(string? text)
    {
        if (text is null)
            return -1;
        if (text.Length > LongestText)
            text = $"{text.AsSpan(0, LongestText)}… ({text.Length - LongestText} more characters)";
        if (!_indexes.TryGetValue(text, out int index))
        {
            index = _strings.Count;
            _strings.Add(text);
            _indexes.Add(text, index);
        }

        return index;
    }

    internal void Write(string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
            FlushIfFull();
        }

        json.WriteEndArray();
    }

    /// <summary>A column with values that may not be known: null.</summary>
    internal void WriteKnown(string name, IEnumerable<long?> values)
    {
        json.WriteStartArray(name);
        foreach (long? value in values)
        {
            if (value is { } number)
                json.WriteNumberValue(number);
            else
                json.WriteNullValue();
            FlushIfFull();
        }

        json.WriteEndArray();
    }

    /// <summary>A column of numbers that need not be whole, null where there is none.</summary>
    internal void WriteNumbers(string name, IEnumerable<double?> values)
    {
        json.WriteStartArray(name);
        foreach (double? value in values)
        {
            if (value is { } number)
                json.WriteNumberValue(number);
            else
                json.WriteNullValue();
            FlushIfFull();
        }

        json.WriteEndArray();
    }

    internal void WriteTexts<T>(string name, IEnumerable<T> rows, Func<T, string?> text) =>
        Write(name, rows.Select(row => (long)Index(text(row))));

    /// <summary>The table of strings. Last: no index is given out after it.</summary>
    internal void WriteStrings()
    {
        json.WriteStartArray("strings");
        foreach (string text in _strings)
        {
            json.WriteStringValue(text);
            FlushIfFull();
        }

        json.WriteEndArray();
    }

    private void FlushIfFull()
    {
        if (json.BytesPending >= FlushBytes)
            json.Flush();
    }
}
