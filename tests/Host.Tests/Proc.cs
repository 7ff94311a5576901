namespace ForkFollow.Host.Tests;

/// <summary>What /proc says of a process.</summary>
internal static class Proc
{
    internal static bool Exists(int pid) => Directory.Exists($"/proc/{pid}") && State(pid) is not ('Z' or 'X' or '?');

    internal static char State(int pid) => Field(pid, "State") is [var state, ..] ? state : '?';

    internal static int TracerPid(int pid) => int.TryParse(Field(pid, "TracerPid"), out int tracer) ? tracer : -1;

    /// <summary>The path of its program; null if it is gone.</summary>
    internal static string? Executable(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/exe").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static string Field(int pid, string key)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(key + ":", StringComparison.Ordinal))
                [(key.Length + 1)..].Trim();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return ""; // gone
        }
    }

    internal static Task UntilOnlyChildAsync(int pid, int child) => Wait.UntilAsync(
        () => File.ReadAllText($"/proc/{pid}/task/{pid}/children").Trim() == $"{child}", $"{pid} has no child but {child}");

    /// <summary>Of a process that is no descendant of its follower.</summary>
    internal static Task UntilFollowedAsync(int pid)
    {
        Machine.Need(Machine.Attach);
        return Wait.UntilAsync(() => TracerPid(pid) > 0, $"{pid} is followed");
    }
}
