using System.Diagnostics;
using System.Globalization;
using ForkFollow.Collectors;
using ForkFollow.Collectors.Recording;
using ForkFollow.Follower;

namespace ForkFollow.Service.Telemetry;

/// <summary>
/// Writes what is known of a process into its span, and ends it at the process's true end. Names are those of the semantic
/// conventions 1.45 where they have one, and forkfollow.* for the rest; docs/opentelemetry.md lists them.
/// </summary>
internal static class ProcessSpan
{
    private const int MostExecs = 128;
    private const int MostArguments = 128;
    private const int LongestArgument = 1024;

    /// <summary>Ends the span of an entry. What it was not sampled for is not written.</summary>
    internal static void Complete(SpanEntry entry, TraceTree tree, bool arguments, long now)
    {
        Activity activity = entry.Activity!;
        entry.Activity = null;
        ProcessResult result = entry.Result;
        FollowedProcess process = result.Process;
        activity.DisplayName = ExecutableName.Of(process);
        WriteProcess(activity, process, arguments);
        WriteEnd(activity, process);
        WriteUsage(activity, result);
        foreach (ExecImage image in process.Execs.TakeLast(MostExecs))
            activity.AddEvent(new("process.exec", tree.TimeOf(image.Timestamp), ImageTags(image, arguments)));
        foreach (ActivityContext link in entry.Links)
            activity.AddLink(new(link));

        activity.SetEndTime(tree.TimeOf(process.End == ProcessEnd.Alive ? now : process.EndTimestamp));
        activity.Stop();
        Activity.Current = null; // Stop makes the one current that was so at its start.
    }

    private static void WriteProcess(Activity activity, FollowedProcess process, bool arguments)
    {
        activity.SetTag("process.pid", process.Pid);
        if (process.ParentPid != 0)
            activity.SetTag("process.parent_pid", process.ParentPid);
        activity.SetTag("process.executable.name", activity.DisplayName);
        if (ExecutableName.ImageOf(process) is { } image)
        {
            activity.SetTag("process.executable.path", ExecutableName.Clean(image.Path));
            if (arguments && process.Execs.Count > 0)
                activity.SetTag("process.command_args", Arguments(image));
        }

        activity.SetTag("forkfollow.process.id", process.Id);
        activity.SetTag("forkfollow.process.comm", process.Comm);
        activity.SetTag("forkfollow.process.origin", LiveRun.NameOf(process.Origin));
        activity.SetTag("forkfollow.process.threads", process.ThreadsSeen);
    }

    private static void WriteEnd(Activity activity, FollowedProcess process)
    {
        // Who lives when following is over was let go, whatever came in between.
        ProcessEnd end = process.End == ProcessEnd.Alive ? ProcessEnd.Detached : process.End;
        activity.SetTag("forkfollow.process.end", LiveRun.NameOf(end));
        if (end == ProcessEnd.Lost)
            activity.SetStatus(ActivityStatusCode.Error, "vanished without a report");
        if (process.Exit is not { } exit)
            return;
        if (exit.Signal != 0)
        {
            string name = Signals.Name(exit.Signal);
            activity.SetTag("forkfollow.process.exit.signal", name);
            activity.SetTag("forkfollow.process.exit.core_dumped", exit.DumpedCore);
            activity.SetStatus(ActivityStatusCode.Error, "killed by " + name);
            return;
        }

        activity.SetTag("process.exit.code", exit.Code);
        if (exit.Code != 0)
            activity.SetStatus(ActivityStatusCode.Error, string.Create(CultureInfo.InvariantCulture, $"exit code {exit.Code}"));
    }

    private static void WriteUsage(Activity activity, ProcessResult result)
    {
        if ((result.Usage ?? result.Process.Usage) is { } usage)
        {
            activity.SetTag("forkfollow.process.cpu.user_time", usage.UserNs / 1e9);
            activity.SetTag("forkfollow.process.cpu.system_time", usage.SystemNs / 1e9);
            activity.SetTag("forkfollow.process.memory.peak", usage.MaxRssBytes);
            activity.SetTag("forkfollow.process.paging.faults.major", usage.MajorFaults);
        }

        if (result.DotNet is { } runtime)
        {
            activity.SetTag("process.runtime.name", ".NET");
            if (runtime.Version is { } version)
                activity.SetTag("process.runtime.version", version);
        }
    }

    private static ActivityTagsCollection ImageTags(ExecImage image, bool arguments)
    {
        var tags = new ActivityTagsCollection
        {
            ["process.executable.path"] = ExecutableName.Clean(image.Path),
            ["process.executable.name"] = ExecutableName.NameIn(image.Path),
        };
        if (arguments)
            tags["process.command_args"] = Arguments(image);
        return tags;
    }

    private static string[] Arguments(ExecImage image) =>
    [
        .. image.GetArguments().Take(MostArguments).Select(one => one.Length <= LongestArgument ? one : one[..LongestArgument]),
    ];
}

/// <summary>
/// The name of the program that a process runs: the base name of its executable, as the semantic conventions have it. A fork
/// that did not exec runs its parent's; one that was attached has the name that the kernel keeps (15 characters).
/// </summary>
internal static class ExecutableName
{
    private const string Deleted = " (deleted)";

    /// <summary>The name.</summary>
    internal static string Of(FollowedProcess process) => ImageOf(process) is { } image ? NameIn(image.Path) : process.Comm;

    /// <summary>The last program that it executed, or that its nearest ancestor had executed when it forked; null if none did.</summary>
    internal static ExecImage? ImageOf(FollowedProcess process)
    {
        long before = long.MaxValue;
        for (FollowedProcess? one = process; one is not null; one = one.Parent)
        {
            IReadOnlyList<ExecImage> images = one.Execs;
            for (int i = images.Count - 1; i >= 0; i--)
            {
                if (images[i].Timestamp <= before)
                    return images[i];
            }

            before = Math.Min(before, one.StartTimestamp);
        }

        return null;
    }

    /// <summary>The base name of a path as the kernel gives it.</summary>
    internal static string NameIn(string path)
    {
        string name = Path.GetFileName(Clean(path));
        return name.Length > 0 ? name : path;
    }

    /// <summary>A path without what the kernel adds once the file is removed.</summary>
    internal static string Clean(string path) =>
        path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
}
