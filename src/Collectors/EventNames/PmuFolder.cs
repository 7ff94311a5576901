using System.Globalization;
using ForkFollow.Native;

namespace ForkFollow.Collectors.EventNames;

/// <summary>
/// The PMUs that the kernel describes under /sys/bus/event_source/devices: each a directory with its type, the bits of
/// its terms (<c>format/</c>), and names for lists of terms (<c>events/</c>). Documentation/ABI/testing/sysfs-bus-event_source*.
/// </summary>
internal sealed class PmuFolder(string root = "/sys/bus/event_source/devices")
{
    /// <summary>The names of all PMUs.</summary>
    internal IEnumerable<string> Names => NamesIn(root);

    /// <summary>PMU events of that name, as <c>-e</c> takes them.</summary>
    internal IEnumerable<string> WithEvent(string name) =>
        IsName(name)
            ? Names.Where(pmu => File.Exists(Path.Combine(root, pmu, "events", name))).Select(pmu => $"{pmu}/{name}/")
            : [];

    /// <summary>The event of <c>pmu/terms/</c>.</summary>
    /// <exception cref="EventRefusedException">There is no such PMU, or it has no such term.</exception>
    internal CounterEvent Resolve(string pmu, string terms)
    {
        string folder = Path.Combine(root, pmu);
        if (!IsName(pmu) || Read(Path.Combine(folder, "type")) is not { } type || !uint.TryParse(type, out uint number))
        {
            throw new EventRefusedException(
                $"'{pmu}/{terms}/' is no event: this machine has no PMU '{pmu}'{NearMatches.Ask(pmu, Names)}; "
                + $"it has {string.Join(", ", Names.Order(StringComparer.Ordinal))}");
        }

        if (File.Exists(Path.Combine(folder, "cpumask")))
        {
            throw new EventRefusedException(
                $"{pmu}/{terms}/: this PMU counts for the whole machine, not for a process; perf stat -a can count it");
        }

        // Without exclude_hv, as perf does it: some PMUs cannot tell modes and take no such flag (msr).
        var made = new CounterEvent($"{pmu}/{terms}/", (PerfType)number, 0) { Exclude = PerfAttrFlags.None };
        return Apply(made, folder, terms, depth: 0);
    }

    private static CounterEvent Apply(CounterEvent made, string folder, string terms, int depth)
    {
        foreach (string term in terms.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = term.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? term : term[..equals];
            string? value = equals < 0 ? null : term[(equals + 1)..];
            string? alias = value is null && depth == 0 && IsName(key) ? Read(Path.Combine(folder, "events", key)) : null;
            made = alias is null
                ? Set(made, folder, key, value)
                : Apply(made, folder, alias, depth + 1);
        }

        return made;
    }

    private static CounterEvent Set(CounterEvent made, string folder, string key, string? value)
    {
        if (key == "name" && value is { Length: > 0 })
            return made with { Name = value };
        string? format = key is "config" or "config1" or "config2"
            ? $"{key}:0-63"
            : IsName(key) ? Read(Path.Combine(folder, "format", key)) : null;
        if (format is null)
        {
            string[] known =
            [
                .. NamesIn(Path.Combine(folder, "events")), .. NamesIn(Path.Combine(folder, "format")),
                "config", "config1", "config2",
            ];
            throw new EventRefusedException(
                $"{made.Name}: this PMU has no term '{key}'{NearMatches.Ask(key, known)}; it has {string.Join(", ", known)}");
        }

        // A term without a value is a switch.
        ulong number = value is null ? 1 : ParseNumber(value)
            ?? throw new EventRefusedException($"{made.Name}: '{value}' is no value of {key}; it takes a number, as 60 or 0x3c");
        return Insert(made, key, format, number);
    }

    /// <summary>Puts a value into the bits of a format as <c>config:0-7,32-35</c>, lowest bits first.</summary>
    private static CounterEvent Insert(CounterEvent made, string key, string format, ulong value)
    {
        int colon = format.IndexOf(':', StringComparison.Ordinal);
        ulong bits = 0;
        ulong rest = value;
        foreach (string range in format[(colon + 1)..].Split(','))
        {
            string[] ends = range.Split('-');
            int low = int.Parse(ends[0], CultureInfo.InvariantCulture);
            int width = int.Parse(ends[^1], CultureInfo.InvariantCulture) - low + 1;
            ulong mask = width == 64 ? ulong.MaxValue : (1UL << width) - 1;
            bits |= (rest & mask) << low;
            rest = width == 64 ? 0 : rest >> width;
        }

        if (rest != 0)
            throw new EventRefusedException($"{made.Name}: {key} is too large; it has the bits {format[(colon + 1)..]}");
        return format[..Math.Max(0, colon)] switch
        {
            "config" => made with { Config = made.Config | bits },
            "config1" => made with { Config1 = made.Config1 | bits },
            "config2" => made with { Config2 = made.Config2 | bits },
            _ => throw new EventRefusedException($"{made.Name}: {key} is in {format}, which this version does not know"),
        };
    }

    private static ulong? ParseNumber(string text)
    {
        bool hexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(
            hexadecimal ? text.AsSpan(2) : text,
            hexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out ulong number)
                ? number
                : null;
    }

    /// <summary>Whether it can name a file here, and none elsewhere.</summary>
    private static bool IsName(string name) =>
        name.Length > 0 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    private static string? Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Names in a folder; those with a dot are units and scales of others.</summary>
    private static IEnumerable<string> NamesIn(string folder) => Directory.Exists(folder)
        ? Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path))
            .Where(name => !name.Contains('.', StringComparison.Ordinal))
        : [];
}
