namespace ForkFollow.Service;

/// <summary>The names that <c>--collect</c> takes, <c>none</c> aside.</summary>
internal static class CollectorNames
{
    /// <summary>Those that come out of the perf rings.</summary>
    internal static IReadOnlyList<string> Streams { get; } = ["cpu", "offcpu", "syscalls", "trace"];

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<string> All { get; } = ["rusage", "counters", .. Streams, "procfs", "dotnet"];
}
