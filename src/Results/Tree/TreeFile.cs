using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ForkFollow.Results;

/// <summary>
/// tree.json: the processes of a run (docs/results.md has the schema). Written and read by the same generated code. Written
/// whole and put in place by a rename, so that a reader never finds half a file; written again as the run goes, so that little
/// is lost if we are killed. In reading, keys that are not known are skipped, and those that were added to the schema later may
/// be missing; the others must be there, with values of their type. Any thread.
/// </summary>
public static class TreeFile
{
    /// <summary>Its name in the result directory.</summary>
    public const string Name = "tree.json";

    private const int Schema = 1;

    /// <summary>36 years: times beyond are none, and sums of those within are numbers.</summary>
    private const long MostNs = 1L << 60;

    private static readonly JsonTypeInfo<TreeDocument> _document = TreeContext.MakeDocument();

    /// <summary>Writes the file into a result directory. One thread at a time.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(ResultDirectory directory, LiveRun run)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(run);
        directory.Write(Name, file => Write(file, run.RecordOutline(), run.RecordProcesses()));
    }

    /// <summary>Writes a run, its profile aside, to a stream, which stays open.</summary>
    public static void Write(Stream output, RecordedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Write(output, run, run.Processes);
    }

    /// <summary>Reads the file of a result directory.</summary>
    /// <returns>The run, with <see cref="Profile.Empty"/>; null if there is no such file.</returns>
    /// <exception cref="InvalidDataException">It is no tree.json: which file, and what is wrong, with its place.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RecordedRun? Read(ResultDirectory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        using FileStream? file = directory.Read(Name);
        return file is null ? null : Read(file, Path.Combine(directory.Path, Name));
    }

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
    public static RecordedRun Read(Stream input, string file = Name)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            TreeDocument? document = JsonSerializer.Deserialize(input, _document);
            return document is null ? throw new FormatException("it holds nothing but null") : Check(document);
        }
        catch (FormatException fault)
        {
            throw Refusal(file, fault.Message.TrimEnd('.'), fault);
        }
        catch (JsonException fault)
        {
            throw Refusal(file, ForeignSchema(input) ?? WhereOf(fault), fault);
        }
    }

    private static InvalidDataException Refusal(string file, string why, Exception fault) => new(
        $"{file} is not a tree.json that this version can read: {why}; record the run again, or use the version of ForkFollow that wrote it", fault);

    private static string WhereOf(JsonException fault)
    {
        string key = fault.Path?.TrimStart('$', '.') is { Length: > 0 } path ? $" ({path})" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"something is wrong or missing at line {fault.LineNumber + 1}, column {fault.BytePositionInLine + 1}{key}");
    }

    /// <summary>Another version may have other keys: its number says more than the first of them. Null if it is ours, or not to be had.</summary>
    private static string? ForeignSchema(Stream input)
    {
        if (!input.CanSeek)
            return null;
        input.Position = 0;
        try
        {
            using JsonDocument document = JsonDocument.Parse(input);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("schema", out JsonElement schema)
                && schema.ValueKind == JsonValueKind.Number && schema.GetRawText() is var number && number != $"{Schema}"
                    ? SchemaFault(number)
                    : null;
        }
        catch (JsonException)
        {
            return null; // it is cut: where, is said already
        }
    }

    private static string SchemaFault(string number) => $"its schema is {number}, not {Schema}";

    private static void Write(Stream output, RecordedRun run, IEnumerable<RecordedProcess> processes)
    {
        RecordedSpan? tree = null;
        var document = new TreeDocument
        {
            Schema = Schema,
            ForkFollow = run.Version,
            Started = run.Started,
            DurationNs = run.DurationNs,
            Cpus = run.Cpus,
            Command = run.Command,
            Processes = processes.Select(process =>
            {
                tree = RecordedSpan.Add(tree, process, run.DurationNs);
                return process;
            }),
            FindTree = () => tree ?? run.Tree,
            Follower = run.Follower,
            Ledger = run.Ledger,
        };
        JsonSerializer.Serialize(output, document, _document);
    }

    private static RecordedRun Check(TreeDocument document)
    {
        if (document.Schema != Schema)
            throw new FormatException(SchemaFault($"{document.Schema}"));
        if (document.Command?.Contains(null!) == true)
            throw new FormatException("its command has a null.");
        if (document.DurationNs is < 0 or > MostNs)
            throw new FormatException($"its duration is {document.DurationNs} ns.");
        var ids = new HashSet<int>();
        var processes = new List<RecordedProcess>();
        foreach (RecordedProcess process in document.Processes)
        {
            if (process is null || process.Id <= 0)
                throw new FormatException($"process {processes.Count + 1} in it has no id above 0.");
            if (process.ParentId is { } parent && !ids.Contains(parent))
                throw new FormatException($"the parent of process {process.Id}, {parent}, does not come before it.");
            if (!ids.Add(process.Id))
                throw new FormatException($"two of its processes have the id {process.Id}.");
            if (TimesOf(process).Any(time => time is < -MostNs or > MostNs))
                throw new FormatException($"a time of process {process.Id} is beyond all time.");
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
            Follower = document.Follower,
            Ledger = document.Ledger ?? [],
        };
    }

    private static IEnumerable<long> TimesOf(RecordedProcess process) =>
    [
        process.StartNs, process.EndNs ?? 0, process.Found?.AtNs ?? 0, .. (process.Execs ?? []).Select(exec => exec?.AtNs ?? 0),
        .. (process.Procfs ?? []).Select(tick => tick?.AtNs ?? 0), .. (process.DotNet?.Counters ?? []).Select(tick => tick?.AtNs ?? 0),
    ];

    /// <summary>Where a key is missing, generated code leaves null whatever the property's own default.</summary>
    private static RecordedProcess WithoutNulls(RecordedProcess process)
    {
        foreach (RecordedExec exec in process.Execs ?? [])
        {
            if (exec is null || exec.Args.Contains(null!))
                throw new FormatException($"the execs of process {process.Id} have a null.");
        }

        if (process.Found?.Args.Contains(null!) == true)
            throw new FormatException($"what process {process.Id} was found running has a null.");
        if (process.Values?.Contains(null!) == true
            || process.Tables?.Any(table => table is null || table.Columns.Contains(null!) || table.Rows.Contains(null!) || !table.IsRectangular) == true)
        {
            throw new FormatException($"the values or tables of process {process.Id} have a null, or rows of another length.");
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
}
