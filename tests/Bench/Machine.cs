using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ForkFollow.Bench;

/// <summary>The machine, told without its name, its users or its paths.</summary>
internal static class Machine
{
    public static string Cpu =>
        File.ReadLines("/proc/cpuinfo")
            .Where(line => line.StartsWith("model name", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())
            .FirstOrDefault() ?? $"unnamed ({RuntimeInformation.ProcessArchitecture})";

    public static int Cores => Environment.ProcessorCount;

    public static string Kernel => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    public static string Runtime => RuntimeInformation.FrameworkDescription;

    /// <summary>Where PATH has a program; null if nowhere.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>CPU clock ticks that a process has used, user and system; -1 if it is gone.</summary>
    public static long CpuTicks(int pid)
    {
        var stat = ReadProc(pid, "stat");
        if (stat is null)
        {
            return -1;
        }

        // comm may hold blanks and parentheses: the fields that can be counted begin after the last ')' with field 3.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return Number(fields[14 - 3]) + Number(fields[15 - 3]);
    }

    /// <summary>A field of /proc/PID/status that is given in kB, in bytes; -1 if the process is gone.</summary>
    public static long StatusBytes(int pid, string field)
    {
        var line = ReadProc(pid, "status")?.Split('\n')
            .FirstOrDefault(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        var words = line?.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words is null ? -1 : Number(words[1]) * 1024;
    }

    /// <summary>CLOCK_MONOTONIC in nanoseconds as the C programs read it, from a Stopwatch time stamp.</summary>
    public static long Nanoseconds(long timestamp) =>
        Stopwatch.Frequency == 1_000_000_000
            ? timestamp
            : throw new BenchException("the Stopwatch is not CLOCK_MONOTONIC in nanoseconds here: start-up needs that");

    private static string? ReadProc(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (IOException)
        {
            return null; // ESRCH or ENOENT: it has ended
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
