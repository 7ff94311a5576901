using System.Globalization;

namespace ForkFollow.Collectors.Perf;

/// <summary>The threads of a process, by /proc.</summary>
internal static class ProcTask
{
    /// <summary>The tids of its threads; none if it is gone.</summary>
    internal static IReadOnlyList<int> List(int pid)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{pid}/task")
                .Select(path => int.Parse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The name of a thread; empty if it is gone.</summary>
    internal static string Name(int pid, int tid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/task/{tid}/comm").TrimEnd('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
