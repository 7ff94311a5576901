using System.Diagnostics;
using System.Globalization;
using ForkFollow.Results;

namespace ForkFollow.Telemetry;

/// <summary>
/// Writes what is known of a process into its span, and ends it at the process's true end. Names are those of the semantic
/// conventions 1.45 where they have one, and forkfollow.* for the rest; docs/opentelemetry.md lists them.
/// </summary>
internal static class ProcessSpan
{
    private const int MostExecs = 128;
    private const int MostArguments = 128;
    private const int LongestArgument = 1024;
    private const int MostRows = 128;

    /// <summary>Ends the span of an entry. What it was not sampled for is not written.</summary>
    internal static void Complete(SpanEntry entry, TraceTree tree, bool arguments, long nowNs)
    {
        Activity activity = entry.Activity!;
        entry.Activity = null;
        RecordedProcess process = entry.Record ?? entry.Process.Record();
        activity.DisplayName = ExecutableOf(entry.Process);
        WriteProcess(activity, process, entry.Process.Image, arguments);
        WriteEnd(activity, process);
        WriteUsage(activity, process);
        if (process.Found is { } found)
            AddProgram("forkfollow.process.attached", found);
        foreach (RecordedExec exec in process.Execs.TakeLast(MostExecs))
            AddProgram("process.exec", exec);
        WriteResults(activity, process, tree.TimeOf(process.EndNs ?? nowNs));
        foreach (ActivityContext link in entry.Links)
            activity.AddLink(new(link));

        activity.SetEndTime(tree.TimeOf(process.EndNs ?? nowNs));
        activity.Stop();
        Activity.Current = null; // Stop makes the one current that was so at its start.

        void AddProgram(string name, RecordedExec program) =>
            activity.AddEvent(new(name, tree.TimeOf(program.AtNs), ProgramTags(program, arguments)));
    }

    /// <summary>What the program of a process is called; of a fork that never called exec its parent's; its command name if that is not known.</summary>
    internal static string ExecutableOf(LiveProcess process) => process.Image?.Name ?? process.Comm;

    private static void WriteProcess(Activity activity, RecordedProcess process, RecordedExec? image, bool arguments)
    {
        activity.SetTag("process.pid", process.Pid);
        if (process.ParentPid != 0)
            activity.SetTag("process.parent_pid", process.ParentPid);
        activity.SetTag("process.executable.name", activity.DisplayName);
        if (image is not null)
        {
            activity.SetTag("process.executable.path", RecordedExec.WithoutMark(image.Path));
            if (arguments && process.Image is not null)
                activity.SetTag("process.command_args", Arguments(image));
        }

        activity.SetTag("forkfollow.process.id", process.Id);
        activity.SetTag("forkfollow.process.comm", process.Comm);
        activity.SetTag("forkfollow.process.origin", process.Origin);
        activity.SetTag("forkfollow.process.threads", process.Threads);
    }

    private static void WriteEnd(Activity activity, RecordedProcess process)
    {
        // Who lives when following is over was let go, whatever came in between.
        string end = process.End == "alive" ? "detached" : process.End;
        activity.SetTag("forkfollow.process.end", end);
        if (end == "lost")
            activity.SetStatus(ActivityStatusCode.Error, "vanished without a report");
        if (process.Exit is not { } exit)
            return;
        if (exit.Signal != 0)
        {
            activity.SetTag("forkfollow.process.exit.signal", exit.Name);
            activity.SetTag("forkfollow.process.exit.core_dumped", exit.Core);
            activity.SetStatus(ActivityStatusCode.Error, "killed by " + exit.Name);
            return;
        }

        activity.SetTag("process.exit.code", exit.Code);
        if (exit.Code != 0)
            activity.SetStatus(ActivityStatusCode.Error, string.Create(CultureInfo.InvariantCulture, $"exit code {exit.Code}"));
    }

    private static void WriteUsage(Activity activity, RecordedProcess process)
    {
        if (process.Rusage is { } usage)
        {
            activity.SetTag("forkfollow.process.cpu.user_time", usage.UserNs / 1e9);
            activity.SetTag("forkfollow.process.cpu.system_time", usage.SystemNs / 1e9);
            activity.SetTag("forkfollow.process.memory.peak", usage.MaxRssBytes);
            activity.SetTag("forkfollow.process.paging.faults.major", usage.MajorFaults);
        }

        if (process.DotNet is { } runtime)
        {
            activity.SetTag("process.runtime.name", ".NET");
            if (runtime.Version is { } version)
                activity.SetTag("process.runtime.version", version);
        }
    }

    /// <summary>
    /// What collectors and observers of somebody else's have found out: a value is an attribute of its own name, a table an event of
    /// its own name at the end, with an attribute for each column.
    /// </summary>
    private static void WriteResults(Activity activity, RecordedProcess process, DateTime end)
    {
        foreach (ResultValue value in process.Values ?? [])
            activity.SetTag(value.Name, value.Value.Number is { } number ? number : value.Value.Text);
        foreach (ResultTable table in process.Tables ?? [])
        {
            var columns = new ActivityTagsCollection();
            for (int i = 0; i < table.Columns.Count; i++)
            {
                ResultCell[] cells = [.. table.Rows.Take(MostRows).Select(row => row[i])];
                columns[table.Columns[i].Name] = Array.TrueForAll(cells, cell => cell.Number is not null)
                    ? cells.Select(cell => cell.Number!.Value).ToArray()
                    : cells.Select(cell => cell.Text).ToArray();
            }

            activity.AddEvent(new(table.Name, end, columns));
        }
    }

    private static ActivityTagsCollection ProgramTags(RecordedExec program, bool arguments)
    {
        var tags = new ActivityTagsCollection
        {
            ["process.executable.path"] = RecordedExec.WithoutMark(program.Path),
            ["process.executable.name"] = program.Name,
        };
        if (arguments)
            tags["process.command_args"] = Arguments(program);
        return tags;
    }

    private static string[] Arguments(RecordedExec exec) =>
    [
        .. exec.Args.Take(MostArguments).Select(one => one.Length <= LongestArgument ? one : one[..LongestArgument]),
    ];
}
