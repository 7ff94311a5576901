using System.Globalization;
using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// System calls by number, of the architecture that we run on. The tables come from the kernel's headers
/// (asm/unistd_64.h, asm-generic/unistd.h); a test compares them. Any thread.
/// </summary>
internal static class SyscallNames
{
    private static readonly Dictionary<int, string> _names = Load();

    /// <summary>The numbers that a successful exec comes back with.</summary>
    internal static bool IsExec(int number) => Of(number) is "execve" or "execveat";

    /// <summary>The name; <c>syscall_NUMBER</c> if it is newer than the table.</summary>
    internal static string Of(int number) => _names.TryGetValue(number, out string? name)
        ? name
        : string.Create(CultureInfo.InvariantCulture, $"syscall_{number}");

    private static Dictionary<int, string> Load()
    {
        string machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64";
        using Stream table = typeof(SyscallNames).Assembly.GetManifestResourceStream($"syscalls.{machine}.txt")!;
        using var reader = new StreamReader(table);
        var names = new Dictionary<int, string>();
        while (reader.ReadLine() is { } line)
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            names.Add(int.Parse(line.AsSpan(0, space), CultureInfo.InvariantCulture), line[(space + 1)..]);
        }

        return names;
    }
}
