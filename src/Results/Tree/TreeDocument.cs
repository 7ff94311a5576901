using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ForkFollow.Results;

/// <summary>tree.json as it stands in the file.</summary>
internal sealed record TreeDocument
{
    public required int Schema { get; init; }

    [JsonPropertyName("forkfollow")]
    public string? ForkFollow { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required long DurationNs { get; init; }

    public int? Cpus { get; init; }

    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Read once: when written, each is made when its turn comes.</summary>
    public required IEnumerable<RecordedProcess> Processes { get; init; }

    /// <summary>Written, behind the processes of whom it is the span; who reads finds it anew.</summary>
    public RecordedSpan? Tree => FindTree?.Invoke();

    /// <summary>What <see cref="Tree"/> is, once the processes are written.</summary>
    [JsonIgnore]
    public Func<RecordedSpan>? FindTree { get; init; }

    public RecordedFollower? Follower { get; init; }

    public IReadOnlyList<RecordedNote>? Ledger { get; init; }
}

/// <summary>How tree.json is read and written, generated at build time: no reflection at run time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TreeDocument))]
internal sealed partial class TreeContext : JsonSerializerContext
{
    /// <summary>
    /// The context as the file wants it: all parameters of the records are required, but those that may be null, whose key may be
    /// missing.
    /// </summary>
    internal static JsonTypeInfo<TreeDocument> MakeDocument()
    {
        var options = new JsonSerializerOptions(Default.Options)
        {
            TypeInfoResolver = Default.WithAddedModifier(static type =>
            {
                foreach (JsonPropertyInfo property in type.Properties)
                {
                    if (Nullable.GetUnderlyingType(property.PropertyType) is not null)
                        property.IsRequired = false;

                    // Many of them with few figures each: what is not known is left out.
                    if (type.Type == typeof(RecordedRuntimeTick) || type.Type == typeof(RecordedNote))
                        property.ShouldSerialize = static (_, value) => value is not null;
                }
            }),
        };
        return (JsonTypeInfo<TreeDocument>)options.GetTypeInfo(typeof(TreeDocument));
    }
}
