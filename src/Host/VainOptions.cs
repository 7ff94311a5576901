using System.CommandLine;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Service;
using static ForkFollow.Host.CommandOptions;

namespace ForkFollow.Host;

/// <summary>
/// Options that were given and do nothing here. They are told and no more: a line that is kept for many uses may have some. Settings
/// of files are for all uses, and are not looked at.
/// </summary>
internal static class VainOptions
{
    private static readonly string[] _withRings = ["cpu", "offcpu", "syscalls", "trace"];

    private static readonly (Option Option, Func<ForkFollowOptions, bool> IsVain, string Why)[] _all =
    [
        (Frequency, options => !Has(options, "cpu"), "the collector cpu is off; add it to --collect"),
        (StackKind, options => !Has(options, "cpu"), "the collector cpu is off; add it to --collect"),
        (MmapPages, options => !_withRings.Any(name => Has(options, name)) && !Traces(options),
            "no collector with a ring is on; add cpu, offcpu, syscalls or trace to --collect"),
        (ProcfsInterval, options => !Has(options, "procfs"), "the collector procfs is off; add it to --collect"),
        (Force, options => options.Output is null, "each result directory has a name of its own; name one with -o"),
        (NoDescendants, options => options.Command.Count > 0, "a command has no children yet when it is launched; it is for -p"),
        (Until, NothingLaunched, "nothing is launched; it is for a command"),
        (OnExit, NothingLaunched, "nothing is launched; it is for a command"),
        (InjectTraceparent, NothingLaunched, "nothing is launched; it is for a command"),
    ];

    /// <summary>A line for each.</summary>
    internal static IEnumerable<string> Find(ParseResult parsed, ForkFollowOptions options) =>
        from one in _all
        let given = parsed.GetResult(one.Option)
        where given is { Implicit: false } && one.IsVain(options)
        select $"{given.IdentifierToken?.Value ?? one.Option.Name} has no effect: {one.Why}, or leave it out";

    private static bool NothingLaunched(ForkFollowOptions options) => options.Command.Count == 0;

    private static bool Has(ForkFollowOptions options, string name) => options.Collect?.Contains(name) ?? name is "counters" or "cpu";

    private static bool Traces(ForkFollowOptions options) =>
        options.Events.Any(text => EventChoice.Parse(text, out _)?.Any(one => !one.IsCounted) == true);
}
