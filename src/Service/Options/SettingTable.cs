using System.Numerics;
using ForkFollow.Collectors.Capture;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Results.Formats;

namespace ForkFollow.Service;

/// <summary>
/// All settings that have a text. The configuration, the command line, the check of what code has set, appsettings.json and its
/// test all go by this list, so that each has the same names, limits and words. <c>Targets</c> has a reader of its own.
/// </summary>
internal static class SettingTable
{
    internal const string Targets = "Targets";

    /// <summary>Before <see cref="All"/>, which is made of it.</summary>
    private static Setting Pages { get; } =
        Setting.Number("MmapPages", 0, ProfileOptions.MostRingPages, o => o.MmapPages, (o, value) => o.MmapPages = value);

    internal static IReadOnlyList<Setting> All { get; } =
    [
        Setting.Path("Output", o => o.Output, (o, value) => o.Output = value),
        Setting.Flag("Force", o => o.Force, (o, value) => o.Force = value),
        Setting.Names("Collect", "collector", CollectorNames.All, all: null, o => o.Collect, (o, value) => o.Collect = value),
        Setting.Number("Frequency", 1, 10_000, o => o.Frequency, (o, value) => o.Frequency = value),
        new("Events", o => string.Join(',', o.Events), SetEvents),
        Setting.Choice("CallGraph", o => o.CallGraph, (o, value) => o.CallGraph = value),
        new("MmapPages", Pages.Show, SetPages),
        Setting.Seconds(
            "ProcfsInterval", "0.01 to 3600", 0.01, 3600,
            o => o.ProcfsInterval, (o, value) => o.ProcfsInterval = value),
        Setting.Flag("DotNetTrace", o => o.DotNetTrace, (o, value) => o.DotNetTrace = value),
        Setting.Seconds(
            "Duration", "more than 0 and at most 1000000", double.Epsilon, 1_000_000,
            o => o.Duration, (o, value) => o.Duration = value),
        Setting.Flag("Descendants", o => o.Descendants, (o, value) => o.Descendants = value),
        Setting.Choice("Until", o => o.Until, (o, value) => o.Until = value),
        Setting.Choice("OnExit", o => o.OnExit, (o, value) => o.OnExit = value),
        Setting.Names(
            "Formats", "format", [.. ResultFormats.All.Select(one => one.Format)], all: [.. ResultFormats.Available.Select(one => one.Format)],
            o => o.Formats, (o, value) => o.Formats = value),
        Setting.Flag("Quiet", o => o.Quiet, (o, value) => o.Quiet = value),
        Setting.Seconds(
            "ScanInterval", "0.01 to 3600", 0.01, 3600, o => o.ScanInterval, (o, value) => o.ScanInterval = value),
        Setting.Number("MaxRuns", 1, 1000, o => o.MaxRuns, (o, value) => o.MaxRuns = value),
        Setting.Flag(
            "Telemetry:InjectTraceparent", o => o.Telemetry.InjectTraceparent, (o, value) => o.Telemetry.InjectTraceparent = value),
        Setting.Flag("Telemetry:PidAttribute", o => o.Telemetry.PidAttribute, (o, value) => o.Telemetry.PidAttribute = value),
        Setting.Flag("Telemetry:CommandArgs", o => o.Telemetry.CommandArgs, (o, value) => o.Telemetry.CommandArgs = value),
        Setting.Number(
            "Telemetry:MaxPendingSpans", 512, 1_000_000,
            o => o.Telemetry.MaxPendingSpans, (o, value) => o.Telemetry.MaxPendingSpans = value),
        Setting.Seconds(
            "Telemetry:FlushTimeout", "0 to 3600", 0, 3600,
            o => o.Telemetry.FlushTimeout, (o, value) => o.Telemetry.FlushTimeout = value),
    ];

    /// <summary>The sections within ours.</summary>
    internal static IReadOnlyList<string> Sections { get; } =
        [.. All.Where(one => one.Key.Contains(':', StringComparison.Ordinal)).Select(one => one.Key[..one.Key.IndexOf(':', StringComparison.Ordinal)]).Distinct()];

    /// <summary>What may stand in a section: of <c>""</c>, or of <c>Telemetry:</c>.</summary>
    internal static IReadOnlyList<string> NamesBehind(string prefix) => prefix.Length > 0
        ? [.. All.Where(one => one.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).Select(one => one.Key[prefix.Length..])]
        : [.. All.Select(one => one.Key).Where(key => !key.Contains(':', StringComparison.Ordinal)), Targets, .. Sections];

    internal static Setting Find(string key) => All.Single(one => one.Key == key);

    private static string? SetPages(ForkFollowOptions options, string text)
    {
        if (int.TryParse(text, out int pages) && pages > 0 && BitOperations.PopCount((uint)pages) > 1)
            return $"'{text}' is no power of two; it takes one up to {ProfileOptions.MostRingPages}, or 0 for enough";
        return Pages.Apply(options, text);
    }

    private static string? SetEvents(ForkFollowOptions options, string text)
    {
        if (EventChoice.Parse(text, out string? refusal) is null)
            return refusal;
        options.Events = [text];
        return null;
    }
}
