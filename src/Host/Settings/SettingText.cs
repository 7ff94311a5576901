using System.Globalization;
using System.Text;
using System.Text.Json;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Service;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Host;

/// <summary>
/// The text of a file with settings, and what is wrong with it in our own words. Read by ourselves, since the provider of the
/// configuration would wait for ever at a pipe, take a file of any size, and pass over a section that it does not know.
/// </summary>
internal static class SettingText
{
    private const string Remedy = "name a file with settings with --config, or by FORKFOLLOW_CONFIG";
    private const long MostBytes = 1 << 20;

    private static readonly string[] _sections = [ForkFollowOptions.Section, "OpenTelemetry", "Logging"];
    private static readonly JsonDocumentOptions _lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="faults">Takes what is wrong in sections of it.</param>
    /// <param name="notes">Takes what is there and has no effect.</param>
    /// <exception cref="StartUpException">It cannot be read, or is no JSON object.</exception>
    internal static Stream Read(string path, List<string> faults, List<string> notes)
    {
        string text = ReadAll(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, _lenient);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new StartUpException($"{path} is no object of JSON; settings are written {{ \"{ForkFollowOptions.Section}\": {{ … }} }}");
            if (FindTwice(document.RootElement, "", new(StringComparer.OrdinalIgnoreCase)) is { } twice)
                throw new StartUpException($"{path}: {twice} is there twice; remove one");
            foreach (JsonProperty section in document.RootElement.EnumerateObject())
                Look(path, section, faults, notes);
        }
        catch (JsonException e)
        {
            throw new StartUpException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path} is no JSON from line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}, on; look there for a comma, a quote or a brace"));
        }

        return new MemoryStream(Encoding.UTF8.GetBytes(text));
    }

    private static string ReadAll(string path)
    {
        if (path.Length == 0)
            throw new StartUpException($"the name of the file with settings is empty; {Remedy}");
        using SafeFileHandle? handle = RegularFile.Open(path, out string? refusal);
        if (handle is null)
            throw new StartUpException($"cannot read settings from {path}: {refusal}; {Remedy}");
        try
        {
            using var file = new FileStream(handle, FileAccess.Read);
            if (file.Length > MostBytes)
                throw new StartUpException($"cannot read settings from {path}: it has more than 1 MiB, so it is something else; {Remedy}");
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (IOException e)
        {
            throw new StartUpException((string[])[$"cannot read settings from {path}: {e.Message}; {Remedy}"]);
        }
    }

    /// <summary>A section at the root, ForkFollow:Frequency written in one too.</summary>
    private static void Look(string path, JsonProperty section, List<string> faults, List<string> notes)
    {
        string name = section.Name.Split(':')[0];
        bool known = _sections.Contains(name, StringComparer.OrdinalIgnoreCase);
        if (known && name == section.Name && section.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
            faults.Add($"{path}: {name} is no section; it takes {{ … }} with settings in it");
        if (known || name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase))
            return;
        if (ForkFollowSettings.Keys.Contains(name, StringComparer.OrdinalIgnoreCase))
            faults.Add($"{path}: {name} is a setting of the section {ForkFollowOptions.Section}; put it in there");
        else if (NearMatches.Ask(name, _sections) is { Length: > 0 } near)
            faults.Add($"{path}: there is no section {name}{near}; correct the name, or remove it");
        else
            notes.Add($"{path}: {name} has no effect: the sections are {string.Join(", ", _sections)}");
    }

    /// <summary>A value that is there twice, as the configuration counts them: by its path, upper and lower case alike.</summary>
    private static string? FindTwice(JsonElement element, string prefix, HashSet<string> seen)
    {
        IEnumerable<(string Name, JsonElement Value)> children = element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().Select(one => (one.Name, one.Value)),
            JsonValueKind.Array => element.EnumerateArray().Select((one, at) => (at.ToString(CultureInfo.InvariantCulture), one)),
            _ => [],
        };
        foreach ((string name, JsonElement value) in children)
        {
            string path = prefix + name;
            bool isLeaf = value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array);
            string? twice = !isLeaf ? FindTwice(value, path + ":", seen) : seen.Add(path) ? null : path;
            if (twice is not null)
                return twice;
        }

        return null;
    }
}
