using System.Text.Json;
using System.Text.Json.Serialization;

namespace ForkFollow.Results;

/// <summary><c>{"code": n}</c>, or <c>{"signal": n, "name": "SIGKILL", "core": false}</c>.</summary>
internal sealed class RecordedExitConverter : JsonConverter<RecordedExit>
{
    public override RecordedExit Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("an exit is an object");
        var exit = new RecordedExit();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? key = reader.GetString();
            reader.Read();
            switch (key)
            {
                case "code":
                    exit = exit with { Code = Number(ref reader) };
                    break;
                case "signal":
                    exit = exit with { Signal = Number(ref reader) };
                    break;
                case "name" when reader.TokenType is JsonTokenType.String or JsonTokenType.Null:
                    exit = exit with { Name = reader.GetString() };
                    break;
                case "core" when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                    exit = exit with { Core = reader.GetBoolean() };
                    break;
                case "name" or "core":
                    throw new JsonException($"{key} of an exit is of another type");
                default:
                    reader.Skip();
                    break;
            }
        }

        return exit;
    }

    public override void Write(Utf8JsonWriter writer, RecordedExit value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        if (value.Signal == 0)
        {
            writer.WriteNumber("code"u8, value.Code);
        }
        else
        {
            writer.WriteNumber("signal"u8, value.Signal);
            writer.WriteString("name"u8, value.Name);
            writer.WriteBoolean("core"u8, value.Core);
        }

        writer.WriteEndObject();
    }

    private static int Number(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int number)
            ? number
            : throw new JsonException("a code or signal of an exit is no whole number");
}
