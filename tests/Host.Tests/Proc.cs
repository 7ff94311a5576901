using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>What /proc says of a process.</summary>
internal static class Proc
{
    internal static bool Exists(int pid) => Directory.Exists($"/proc/{pid}") && State(pid) is not ('Z' or 'X' or '?');

    internal static char State(int pid) => Field(pid, "State") is [var state, ..] ? state : '?';

    internal static int TracerPid(int pid) => int.TryParse(Field(pid, "TracerPid"), out int tracer) ? tracer : -1;

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

    /// <summary>Waits until something is so; fails with <paramref name="what"/> if it never is.</summary>
    internal static async Task UntilAsync(Func<bool> isSo, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!isSo())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"never: {what}");
            await Task.Delay(5);
        }
    }

    internal static Task UntilOnlyChildAsync(int pid, int child) => UntilAsync(
        () => File.ReadAllText($"/proc/{pid}/task/{pid}/children").Trim() == $"{child}", $"{pid} has no child but {child}");

    internal static Task UntilFollowedAsync(int pid) => UntilAsync(() => TracerPid(pid) > 0, $"{pid} is followed");
}
