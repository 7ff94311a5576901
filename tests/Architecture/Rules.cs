namespace ForkFollow.Architecture;

/// <summary>The architecture: which project may use which. The one place to change it.</summary>
internal static class Rules
{
    /// <summary>
    /// Each project, and all that it may refer to or use. A project that is not there yet is no matter; one that is missing here is.
    /// </summary>
    internal static readonly IReadOnlyDictionary<string, string[]> MayUse = new Dictionary<string, string[]>
    {
        ["Native"] = [],
        ["Follower"] = ["Native"],
        ["Symbols"] = ["Native"],
        ["Results"] = ["Symbols", "Native"],
        ["Collectors"] = ["Native", "Follower", "Symbols", "Results"],
        ["Service"] = ["Native", "Follower", "Symbols", "Collectors", "Results"],
        ["Telemetry"] = ["Native", "Service", "Results"],
        ["Host"] = ["Native", "Follower", "Symbols", "Results", "Collectors", "Service", "Telemetry"],
    };

    /// <summary>The only project that binds functions of C.</summary>
    internal const string Native = "Native";

    /// <summary>
    /// Functions of C that are not everybody's. Nobody but the follower traces, waits and starts: another's wait would take its stops.
    /// What the user sees is the command's, and so is the end: a library that writes to his terminal would write over its host's.
    /// (Collectors wake their threads by a write to an eventfd.)
    /// </summary>
    internal static readonly IReadOnlyDictionary<string, string[]> MayCall = new Dictionary<string, string[]>
    {
        ["ptrace"] = ["Follower"],
        ["waitid"] = ["Follower"],
        ["wait4"] = ["Follower"],
        ["posix_spawn"] = ["Follower"],
        ["write"] = ["Host", "Collectors"],
        ["isatty"] = ["Host"],
        ["_exit"] = ["Host"],
    };
}
