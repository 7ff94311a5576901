using System.Globalization;
using System.Text.RegularExpressions;

namespace ForkFollow.Host.Tests;

/// <summary>
/// The kernel's own record of births and execs: the tracepoints task_newtask and sched_process_exec, in an instance of
/// tracefs of our own. An independent witness of the same run.
/// </summary>
internal sealed partial class KernelWitness : IDisposable
{
    private const ulong CloneThread = 0x10000;

    private readonly string _instance = Path.Combine(TracefsProbe.Root!, "instances", $"forkfollow-test-{Guid.NewGuid():N}");

    internal KernelWitness()
    {
        Directory.CreateDirectory(_instance);
        Write("buffer_size_kb", "16384");
        Write("events/task/task_newtask/enable", "1");
        Write("events/sched/sched_process_exec/enable", "1");
        Write("events/sched/sched_process_exit/enable", "1"); // pids are reused
    }

    /// <summary>What it lacks here; null if it can be had.</summary>
    internal static string? Missing => Machine.Root("for an instance of tracefs") ?? Machine.Tracepoints;

    public void Dispose()
    {
        Write("events/enable", "0");
        Directory.Delete(_instance);
    }

    /// <summary>
    /// Counts the processes below <paramref name="roots"/> and the execs in them, since this witness was made. The
    /// roots' own births are not in the count.
    /// </summary>
    internal (int Births, int Execs) Count(params int[] roots)
    {
        Write("tracing_on", "0");
        var group = roots.ToDictionary(root => root, root => root); // tid → pid, for all threads of the tree
        var processes = roots.ToHashSet();
        int births = 0;
        int execs = 0;
        foreach (string line in File.ReadLines(Path.Combine(_instance, "trace")))
        {
            Assert.DoesNotContain("LOST", line, StringComparison.Ordinal);
            if (NewTask().Match(line) is { Success: true } task)
            {
                if (!group.TryGetValue(Number(task, "creator"), out int creator))
                    continue;
                bool thread = (ulong.Parse(task.Groups["flags"].Value, NumberStyles.HexNumber, null) & CloneThread) != 0;
                group[Number(task, "pid")] = thread ? creator : Number(task, "pid");
                if (!thread)
                {
                    births++;
                    processes.Add(Number(task, "pid"));
                }
            }
            else if (Exec().Match(line) is { Success: true } exec && processes.Contains(Number(exec, "pid")))
            {
                execs++;
            }
            else if (Exit().Match(line) is { Success: true } exit)
            {
                group.Remove(Number(exit, "pid"));
                processes.Remove(Number(exit, "pid"));
            }
        }

        return (births, execs);
    }

    private static int Number(Match match, string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"-(?<creator>\d+)\s+\[.*task_newtask: pid=(?<pid>\d+) .*clone_flags=(?<flags>[0-9a-f]+)")]
    private static partial Regex NewTask();

    [GeneratedRegex(@"sched_process_exec: filename=.* pid=(?<pid>\d+) ")]
    private static partial Regex Exec();

    [GeneratedRegex(@"sched_process_exit: comm=.* pid=(?<pid>\d+) prio")]
    private static partial Regex Exit();

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_instance, file), text);
}
