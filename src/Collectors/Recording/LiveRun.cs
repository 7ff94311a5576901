using System.Text.Json;
using ForkFollow.Follower;

namespace ForkFollow.Collectors.Recording;

/// <summary>Makes the recorded run of the results of one that is, or was, under way. Any thread.</summary>
public static class LiveRun
{
    /// <summary>Makes it, without a profile.</summary>
    /// <param name="results">The results; complete, or as far as they have come.</param>
    /// <param name="figures">Holds the ledger.</param>
    /// <param name="now">A Stopwatch timestamp: the end of a run that has none yet.</param>
    public static RecordedRun Record(RunResults results, FollowerFigures figures, long now)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(figures);
        return new()
        {
            Version = typeof(LiveRun).Assembly.GetName().Version!.ToString(3),
            Started = results.Started,
            DurationNs = (results.EndTimestamp == 0 ? now : results.EndTimestamp) - results.StartTimestamp,
            Cpus = Environment.ProcessorCount,
            Command = results.Command,
            Processes = [.. results.ToList().Select(result => Record(result, results.StartTimestamp))],
            Ledger = [.. figures.Ledger.Select(entry => new RecordedNote(NameOf(entry.Kind), entry.Pid, entry.Text))],
        };
    }

    /// <summary>A kind of ledger entry as tree.json has it.</summary>
    internal static string NameOf(LedgerKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    /// <summary>An origin as tree.json has it.</summary>
    internal static string NameOf(ProcessOrigin origin) => origin switch
    {
        ProcessOrigin.Attached => "attached",
        ProcessOrigin.Launched => "launched",
        ProcessOrigin.Fork => "fork",
        ProcessOrigin.Vfork => "vfork",
        _ => "clone",
    };

    /// <summary>An end as tree.json has it.</summary>
    internal static string NameOf(ProcessEnd end) => end switch
    {
        ProcessEnd.Exited => "exited",
        ProcessEnd.Detached => "detached",
        ProcessEnd.Lost => "lost",
        _ => "alive",
    };

    private static RecordedProcess Record(ProcessResult result, long start)
    {
        FollowedProcess process = result.Process;
        ProcessEnd end = process.End;
        return new()
        {
            Id = process.Id,
            ParentId = process.Parent?.Id,
            Pid = process.Pid,
            ParentPid = process.ParentPid,
            Origin = NameOf(process.Origin),
            StartNs = process.StartTimestamp - start,
            EndNs = end == ProcessEnd.Alive ? null : process.EndTimestamp - start,
            Comm = process.Comm,
            Execs = [.. process.Execs.Select(exec => new RecordedExec(exec.Timestamp - start, exec.Path, exec.GetArguments()))],
            Threads = process.ThreadsSeen,
            Exit = process.Exit is { } exit ? Record(exit) : null,
            End = NameOf(end),
            Rusage = Record(result.Usage ?? process.Usage),
            Counters = CountersOf(result),
            Samples = result.Samples,
            Lost = result.Lost,
            Waits = result.Waits,
            Syscalls = result.Syscalls,
            Procfs = result.Procfs,
            DotNet = result.DotNet,
            Collectors = result.CollectorNames,
        };
    }

    private static RecordedExit Record(ProcessExit exit) => exit.Signal == 0
        ? new(exit.Code)
        : new(0, exit.Signal, Signals.Name(exit.Signal), exit.DumpedCore);

    private static RecordedUsage? Record(ResourceUsage? usage) => usage is null
        ? null
        : new(
            usage.UserNs, usage.SystemNs, usage.MaxRssBytes, usage.MinorFaults, usage.MajorFaults, usage.VoluntarySwitches,
            usage.InvoluntarySwitches);

    private static Dictionary<string, long> CountersOf(ProcessResult result)
    {
        var counters = new Dictionary<string, long>();
        for (int i = 0; i < (result.Counters?.Events.Count ?? 0); i++)
            counters[result.Counters!.Events[i]] = result.Counters.Values[i];
        foreach ((string name, long count) in result.Events ?? new Dictionary<string, long>())
            counters[name] = count;
        return counters;
    }
}
