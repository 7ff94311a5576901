namespace ForkFollow.Bench;

/// <summary>A single figure with its goal, if it has one.</summary>
internal sealed record Figure(string Title, string Value, string Goal = "", string Verdict = "");

/// <summary>The goals of the design for the storms, and whether one is reached.</summary>
internal static class Goals
{
    public static string Verdict(bool reached) => reached ? "reached" : "**missed**";

    /// <summary>The highest ratio that is good enough; null where a ratio is only reported.</summary>
    public static double? Of(Storm storm, string above, string below) => (storm, above, below) switch
    {
        // An exec storm spends its time in exec: there is little for a tracer to win.
        ({ Alone: true, Kind: "exec" }, Contender.Follow, Contender.Bare) => null,
        ({ Alone: true }, Contender.Follow, Contender.Bare) => 0.75,
        ({ Alone: false }, Contender.Follow, Contender.Bare) => 1.05,
        (_, Contender.Profile, Contender.StraceSeccomp) => 1.0,
        _ => null,
    };

    /// <summary>Judged by the ratio of the medians, and only on a machine that the goal speaks of.</summary>
    public static string Judge(Storm storm, double ratio, double goal) =>
        storm.Alone && Machine.Cores < 2 ? "not judged: no CPU to spare"
        : !storm.Alone && Machine.Cores >= Storm.Crowded ? "not judged: as many CPUs as storms"
        : Verdict(ratio <= goal);
}
