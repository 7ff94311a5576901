using System.Text.Json;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors;

/// <summary>What the follower tells, in the words of the model of a run. Any thread.</summary>
internal static class Words
{
    internal static RecordedNote Of(LedgerEntry entry) =>
        new(Of(entry.Kind), entry.Pid, entry.Text);

    internal static string Of(LedgerKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    internal static string Of(ProcessOrigin origin) => origin switch
    {
        ProcessOrigin.Attached => "attached",
        ProcessOrigin.Launched => "launched",
        ProcessOrigin.Fork => "fork",
        ProcessOrigin.Vfork => "vfork",
        _ => "clone",
    };

    internal static string Of(ProcessEnd end) => end switch
    {
        ProcessEnd.Exited => "exited",
        ProcessEnd.Detached => "detached",
        ProcessEnd.Lost => "lost",
        _ => "alive",
    };

    internal static RecordedExit? Of(ProcessExit? exit) => exit switch
    {
        null => null,
        { Signal: 0 } => new(exit.Code),
        _ => new(0, exit.Signal, Signals.Name(exit.Signal), exit.DumpedCore),
    };

    internal static RecordedUsage? Of(ResourceUsage? usage) => usage is null
        ? null
        : new(
            usage.UserNs, usage.SystemNs, usage.MaxRssBytes, usage.MinorFaults, usage.MajorFaults, usage.VoluntarySwitches,
            usage.InvoluntarySwitches)
        {
            Stops = usage.Stops,
        };
}
