using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ForkFollow.Results;

/// <summary>A number or a text, of a collector or observer of somebody else's. Immutable.</summary>
[JsonConverter(typeof(ResultCellConverter))]
public readonly record struct ResultCell
{
    private readonly string? _text;

    private ResultCell(string? text, double? number) => (_text, Number) = (text, number);

    /// <summary>The number; null if it is a text.</summary>
    public double? Number { get; }

    /// <summary>The text; a number in the invariant culture.</summary>
    public string Text => _text ?? Number?.ToString(CultureInfo.InvariantCulture) ?? "";

    /// <summary>A text.</summary>
    public static implicit operator ResultCell(string text) => FromString(text);

    /// <summary>A number.</summary>
    public static implicit operator ResultCell(double number) => FromDouble(number);

    /// <summary>A text.</summary>
    public static ResultCell FromString(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(text, null);
    }

    /// <summary>A number; whole ones are exact up to 2^53.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is infinite or none: JSON has no such numbers.</exception>
    public static ResultCell FromDouble(double number) => double.IsFinite(number)
        ? new(null, number)
        : throw new ArgumentOutOfRangeException(nameof(number), number, "a result is a finite number");

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>A named value of a process.</summary>
/// <param name="Name">Dotted lower-case words that begin with whose it is: <c>lifetimes.sleep.time</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="Unit">The unit by UCUM: s, ns, By, {request}; empty for none.</param>
public sealed record ResultValue(string Name, ResultCell Value, string Unit = "");

/// <summary>A column of a table.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Unit">The unit of its numbers by UCUM; empty for none.</param>
public sealed record ResultColumn(string Name, string Unit = "");

/// <summary>A named table of a process.</summary>
/// <param name="Name">Dotted lower-case words that begin with whose it is.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Rows">Its rows: each has as many cells as there are columns.</param>
public sealed record ResultTable(string Name, IReadOnlyList<ResultColumn> Columns, IReadOnlyList<IReadOnlyList<ResultCell>> Rows)
{
    /// <summary>Whether every row has as many cells as there are columns.</summary>
    [JsonIgnore]
    public bool IsRectangular => Rows.All(row => row.Count == Columns.Count);
}

/// <summary>A JSON number or string.</summary>
internal sealed class ResultCellConverter : JsonConverter<ResultCell>
{
    public override ResultCell Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.Number when double.IsFinite(reader.GetDouble()) => reader.GetDouble(),
            JsonTokenType.String => reader.GetString()!,
            _ => throw new JsonException("a value is neither a number nor a text"),
        };

    public override void Write(Utf8JsonWriter writer, ResultCell value, JsonSerializerOptions options)
    {
        if (value.Number is { } number)
            writer.WriteNumberValue(number);
        else
            writer.WriteStringValue(value.Text);
    }
}
