using System.Globalization;

namespace ForkFollow.Collectors;

/// <summary>The CPUs of this machine.</summary>
internal static class OnlineCpus
{
    /// <summary>
    /// How many there are. Told when it is asked first, and once: a run of a service may begin when no descriptor is left to read it. If it
    /// could not be read then, how many we may use.
    /// </summary>
    internal static int Count { get; } = CountNow();

    /// <summary>Their numbers. One that comes online later is not among them.</summary>
    internal static IReadOnlyList<int> List()
    {
        try
        {
            return Parse(File.ReadAllText("/sys/devices/system/cpu/online"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In a container or chroot without /sys. Not the first choice: lxcfs numbers them anew.
            return ParseStat(File.ReadLines("/proc/stat"));
        }
    }

    /// <summary>Reads the lines of /proc/stat: those that begin with <c>cpu</c> and a number.</summary>
    internal static IReadOnlyList<int> ParseStat(IEnumerable<string> lines) =>
    [
        .. lines.Where(line => line.StartsWith("cpu", StringComparison.Ordinal) && char.IsAsciiDigit(line[3]))
            .Select(line => Number(line[3..line.IndexOf(' ', StringComparison.Ordinal)])),
    ];

    /// <summary>Reads a list such as <c>0-3,8,10-11</c>.</summary>
    internal static IReadOnlyList<int> Parse(string list)
    {
        var cpus = new List<int>();
        foreach (string range in list.Trim().Split(','))
        {
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            int first = Number(dash < 0 ? range : range[..dash]);
            int last = dash < 0 ? first : Number(range[(dash + 1)..]);
            cpus.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return cpus;
    }

    private static int CountNow()
    {
        try
        {
            return List().Count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Environment.ProcessorCount;
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
