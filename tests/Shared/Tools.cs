using System.Diagnostics;
using System.Globalization;

namespace ForkFollow.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Compilers and binutils, as witnesses.</summary>
internal static class Tools
{
    private const string Source = """
        #include <stdio.h>
        #include <stdlib.h>
        __attribute__((noinline)) int helper(int x) { return x * 3 + getpid(); }
        __attribute__((noinline)) static int local_helper(int x) { return helper(x) + 1; }
        int main(int argc, char **argv) { printf("%d\n", local_helper(argc)); return 0; }
        """;

    /// <summary>Runs a tool and gives its output. Skips the test if the tool is not there.</summary>
    internal static string Run(string tool, params string[] arguments) => Feed(tool, "", arguments);

    /// <summary>Runs a tool with text on its standard input.</summary>
    internal static string Feed(string tool, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Machine.PathOf(tool), arguments);
        start.Environment["RUSTC_BOOTSTRAP"] = "1"; // legacy names are asked for by an unstable option
        Finished ended = Started.RunAsync(start, input).GetAwaiter().GetResult();
        Assert.True(ended.Status == 0, $"{tool} {string.Join(' ', arguments)}: {ended.Errors}");
        return ended.Output;
    }

    /// <summary>What perf says of a recording that it made.</summary>
    internal static string Perf(string[] record, string[] report)
    {
        using var folder = new TemporaryFolder();
        string data = Path.Combine(folder.Path, "perf.data");
        Run("perf", ["record", "-q", "-o", data, .. record]);
        return Run("perf", [report[0], "-i", data, .. report[1..]]);
    }

    internal static string Compile(TemporaryFolder folder, params string[] options)
    {
        string source = Path.Combine(folder.Path, "p.c");
        File.WriteAllText(source, "#include <unistd.h>\n" + Source);
        string program = Path.Combine(folder.Path, "p");
        Run("cc", [.. options, "-o", program, source]);
        return program;
    }

    internal static string Libc()
    {
        string? path = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1])
            .FirstOrDefault(path => path.EndsWith("/libc.so.6", StringComparison.Ordinal));
        Machine.Need(path is null ? "the C library is not glibc" : null);
        return path!;
    }

    internal static string? Library(string name) =>
        new[] { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib" }
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The functions of a file by readelf, at offsets of the file, without the versions behind their names.</summary>
    internal static IEnumerable<(ulong Offset, ulong Size, string Name)> Functions(string path)
    {
        List<(ulong Offset, ulong Address, ulong Size)> segments = [];
        foreach (string[] fields in Lines(Run("readelf", "-lW", path)))
        {
            if (fields is ["LOAD", var offset, var address, _, var size, ..])
                segments.Add((Hex(offset), Hex(address), Hex(size)));
        }

        foreach (string[] fields in Lines(Run("readelf", "-sW", path)))
        {
            if (fields.Length < 8 || fields[3] is not ("FUNC" or "IFUNC") || fields[6] is "UND" or "ABS")
                continue;
            ulong address = Hex(fields[1]);
            ulong size = fields[2].StartsWith("0x", StringComparison.Ordinal)
                ? Hex(fields[2]) : ulong.Parse(fields[2], CultureInfo.InvariantCulture);
            (ulong Offset, ulong Address, ulong Size) segment = segments.First(s => address - s.Address < s.Size);
            yield return (address - segment.Address + segment.Offset, size, fields[7].Split('@')[0]);
        }
    }

    private static IEnumerable<string[]> Lines(string text) =>
        text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static ulong Hex(string text) => ulong.Parse(
        text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text, NumberStyles.HexNumber,
        CultureInfo.InvariantCulture);
}
