using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ForkFollow.Collectors.Recording;

namespace ForkFollow.Collectors.Formats;

/// <summary>
/// Reads tree.json back. Keys that it does not know are skipped, and those that were added to the schema later may be
/// missing; the others must be there, with values of their type. Any thread.
/// </summary>
public static class RecordedTree
{
    private const int Schema = 1;

    private static readonly JsonTypeInfo<TreeDocument> _document = Prepare();

    /// <summary>Reads a file, tree.json or another name.</summary>
    /// <returns>The run, with <see cref="Profile.Empty"/>.</returns>
    /// <exception cref="InvalidDataException">It is no tree.json: which file, and what is wrong, with its place.</exception>
    /// <exception cref="IOException">It cannot be read or is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to read.</exception>
    public static RecordedRun Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
        return Read(file, path);
    }

    /// <summary>Reads from a stream, which stays open.</summary>
    /// <param name="input">The content of a tree.json.</param>
    /// <param name="file">What to call it in an error.</param>
    /// <returns>The run, with <see cref="Profile.Empty"/>.</returns>
    /// <exception cref="InvalidDataException">It is no tree.json: which file, and what is wrong, with its place.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static RecordedRun Read(Stream input, string file = TreeFile.Name)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            TreeDocument? document = JsonSerializer.Deserialize(input, _document);
            return document is null ? throw new FormatException("it holds nothing but null") : Check(document);
        }
        catch (Exception fault) when (fault is JsonException or FormatException)
        {
            throw new InvalidDataException(
                $"{file} is not a tree.json that this version can read: {fault.Message} Record the run again, or use the version "
                + "of ForkFollow that wrote it.",
                fault);
        }
    }

    private static RecordedRun Check(TreeDocument document)
    {
        if (document.Schema != Schema)
            throw new FormatException($"its schema is {document.Schema}, not {Schema}.");
        if (document.Command?.Contains(null!) == true)
            throw new FormatException("its command has a null.");
        var ids = new HashSet<int>();
        var processes = new List<RecordedProcess>(document.Processes.Count);
        foreach (RecordedProcess process in document.Processes)
        {
            if (process is null || process.Id <= 0)
                throw new FormatException($"process {processes.Count + 1} in it has no id above 0.");
            if (process.ParentId is { } parent && !ids.Contains(parent))
                throw new FormatException($"the parent of process {process.Id}, {parent}, does not come before it.");
            if (!ids.Add(process.Id))
                throw new FormatException($"two of its processes have the id {process.Id}.");
            processes.Add(WithoutNulls(process));
        }

        return new()
        {
            Version = document.ForkFollow ?? "",
            Started = document.Started,
            DurationNs = document.DurationNs,
            Cpus = document.Cpus ?? 1,
            Command = document.Command,
            Processes = processes,
            Ledger = document.Ledger ?? [],
        };
    }

    /// <summary>Where a key is missing, generated code leaves null whatever the property's own default.</summary>
    private static RecordedProcess WithoutNulls(RecordedProcess process)
    {
        foreach (RecordedExec exec in process.Execs ?? [])
        {
            if (exec is null || exec.Args.Contains(null!))
                throw new FormatException($"the execs of process {process.Id} have a null.");
        }

        bool gaps = process.Execs is null || process.Counters is null || process.Collectors is null;
        return !gaps && process.DotNet is null ? process : process with
        {
            DotNet = WithoutNulls(process.DotNet),
            Execs = process.Execs ?? [],
            Counters = process.Counters ?? new Dictionary<string, long>(),
            Collectors = process.Collectors ?? [],
        };
    }

    private static RecordedDotNet? WithoutNulls(RecordedDotNet? runtime) => runtime is null ? null : runtime with
    {
        Gc = runtime.Gc with { HeapBytes = runtime.Gc.HeapBytes ?? [] },
        Jit = runtime.Jit with { Tiers = runtime.Jit.Tiers ?? new Dictionary<string, long>() },
        ExceptionTypes = [.. (runtime.ExceptionTypes ?? []).Where(one => one is not null)],
        Counters = [.. (runtime.Counters ?? []).Where(one => one is not null)],
    };

    /// <summary>All parameters of the records are required, but those that may be null: their key may be missing.</summary>
    private static JsonTypeInfo<TreeDocument> Prepare()
    {
        var options = new JsonSerializerOptions(TreeContext.Default.Options)
        {
            TypeInfoResolver = TreeContext.Default.WithAddedModifier(static type =>
            {
                foreach (JsonPropertyInfo property in type.Properties)
                {
                    if (Nullable.GetUnderlyingType(property.PropertyType) is not null)
                        property.IsRequired = false;
                }
            }),
        };
        return (JsonTypeInfo<TreeDocument>)options.GetTypeInfo(typeof(TreeDocument));
    }
}

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

    public required IReadOnlyList<RecordedProcess> Processes { get; init; }

    public IReadOnlyList<RecordedNote>? Ledger { get; init; }
}

/// <summary>How tree.json is read, generated at build time: no reflection at run time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TreeDocument))]
internal sealed partial class TreeContext : JsonSerializerContext;
