using System.Globalization;
using System.Text.RegularExpressions;

namespace ForkFollow.Collectors.Perf;

/// <summary>A tracepoint as tracefs describes it: its number, and where its fields are. Immutable.</summary>
internal sealed partial class TracepointFormat
{
    private readonly Dictionary<string, int> _offsets;

    private TracepointFormat(string name, int id, Dictionary<string, int> offsets)
    {
        Name = name;
        Id = id;
        _offsets = offsets;
    }

    /// <summary><c>group:name</c>.</summary>
    internal string Name { get; }

    /// <summary>Its number in perf_event_attr.config.</summary>
    internal int Id { get; }

    /// <summary>The fields that a filter can name.</summary>
    internal IEnumerable<string> Fields => _offsets.Keys;

    /// <summary>Where a field begins in the raw data.</summary>
    internal int OffsetOf(string field) => _offsets[field];

    /// <summary>Reads a tracepoint of this kernel.</summary>
    /// <param name="group">Its group: sched.</param>
    /// <param name="name">Its name: sched_switch.</param>
    /// <param name="refusal">What, why and the remedy in one line; null if it was found.</param>
    internal static TracepointFormat? Read(string group, string name, out string? refusal)
    {
        Tracefs? tracefs = Tracefs.Find(out refusal);
        if (tracefs is null)
            return null;
        string directory = Path.Combine(tracefs.Events, group, name);
        try
        {
            int id = int.Parse(File.ReadAllText(Path.Combine(directory, "id")), CultureInfo.InvariantCulture);
            Dictionary<string, int> offsets = Field().Matches(File.ReadAllText(Path.Combine(directory, "format")))
                .ToDictionary(m => m.Groups[1].Value, m => int.Parse(m.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
            return new($"{group}:{name}", id, offsets);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            refusal = $"this kernel has no tracepoint {group}:{name}; {tracefs.Listing} lists them";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            refusal = $"cannot read tracepoint {group}:{name}: {e.Message}; run as root, or let your group read tracefs";
        }

        return null;
    }

    [GeneratedRegex(@"field:[^;]*?(\w+)(?:\[\w*\])?;\s*offset:(\d+);")]
    private static partial Regex Field();
}
