using System.Globalization;
using System.Text;

namespace ForkFollow.Follower.KernelTests;

/// <summary>What /proc says of a process or thread now. All readers take a vanished one for a normal answer.</summary>
internal static class Proc
{
    internal static string Text(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>A line of the status file; empty if there is none.</summary>
    internal static string Status(int tid, string key)
    {
        foreach (string line in Text(tid, "status").Split('\n'))
        {
            if (line.StartsWith(key + ":", StringComparison.Ordinal))
                return line[(key.Length + 1)..].Trim();
        }

        return "";
    }

    /// <summary>R, S, D, T (stopped), t (traced and stopped), Z, or a blank if it is gone.</summary>
    internal static char State(int tid) => Status(tid, "State") is { Length: > 0 } state ? state[0] : ' ';

    internal static bool IsAlive(int pid) => State(pid) is not (' ' or 'Z' or 'X');

    internal static bool IsStopped(int tid) => State(tid) is 'T' or 't';

    internal static int TracerOf(int tid) =>
        int.TryParse(Status(tid, "TracerPid"), CultureInfo.InvariantCulture, out int tracer) ? tracer : 0;

    internal static int ParentOf(int pid) =>
        int.TryParse(Status(pid, "PPid"), CultureInfo.InvariantCulture, out int parent) ? parent : 0;

    internal static List<int> Threads(int pid)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{pid}/task")
                .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>The tracers of all threads of a process, without those of dead threads.</summary>
    internal static List<int> Tracers(int pid) =>
        [.. Threads(pid).Where(tid => State(tid) is not ('Z' or 'X' or ' ')).Select(TracerOf)];

    internal static List<int> Children(int pid) =>
        [.. Threads(pid)
            .SelectMany(tid => Text(pid, $"task/{tid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(text => int.Parse(text, CultureInfo.InvariantCulture))];

    internal static List<int> Tree(int pid) => [pid, .. Children(pid).SelectMany(Tree)];

    /// <summary>The number of the system call that a thread sleeps in, or -1.</summary>
    internal static int SystemCall(int pid, int tid) =>
        int.TryParse(Text(pid, $"task/{tid}/syscall").Split(' ')[0], CultureInfo.InvariantCulture, out int call) ? call : -1;

    /// <summary>Nanoseconds on a CPU.</summary>
    internal static long CpuOf(int tid) =>
        long.Parse(Text(tid, "schedstat").Split(' ')[0], CultureInfo.InvariantCulture);

    internal static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid != 0);

    /// <summary>One line for each thread: for messages of failure.</summary>
    internal static string Describe(int pid)
    {
        var text = new StringBuilder();
        foreach (int tid in Threads(pid))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {pid}/{tid} {Status(tid, "Name")} state {State(tid)} ")
                .Append(CultureInfo.InvariantCulture, $"tracer {TracerOf(tid)} parent {ParentOf(tid)}\n");
        }

        return text.ToString();
    }
}
