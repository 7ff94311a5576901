namespace ForkFollow.Results.Formats;

/// <summary>
/// System calls in the report's data, in the order of the processes, with how long they took: the page adds up those of several
/// processes, and their quantiles come of the sum. Bounds of durations stand once, and rows refer to them.
/// </summary>
internal static class ReportSyscalls
{
    internal static void Write(ReportColumns columns, IReadOnlyList<RecordedProcess> processes)
    {
        if (!processes.Any(p => p.Syscalls is not null))
            return;
        columns.Json.WriteStartObject("syscalls");
        columns.Write("rows", processes.Select(p => (long)(p.Syscalls?.Count ?? 0)));
        IEnumerable<RecordedSyscall> calls = processes.SelectMany(p => p.Syscalls ?? []);
        columns.WriteTexts("name", calls, c => c.Name);
        columns.Write("count", calls.Select(c => c.Count));
        columns.Write("errors", calls.Select(c => c.Errors));
        columns.Write("total", calls.Select(c => c.TotalNs));
        columns.Write("max", calls.Select(c => c.MaxNs));
        WriteLatencies(columns, calls);
        columns.Json.WriteEndObject();
    }

    private static void WriteLatencies(ReportColumns columns, IEnumerable<RecordedSyscall> calls)
    {
        IEnumerable<long> at = calls.SelectMany(call => Every(call.Latency, 0));
        long[] bounds = [.. at.Distinct().Order()];
        columns.Write("bounds", bounds);
        columns.Write("durations", calls.Select(call => (long)(call.Latency.Count / 2)));
        columns.Write("bound", at.Select(bound => (long)Array.BinarySearch(bounds, bound)));
        columns.Write("calls", calls.SelectMany(call => Every(call.Latency, 1)));
    }

    private static IEnumerable<long> Every(IReadOnlyList<long> pairs, int first)
    {
        for (int i = first; i < pairs.Count; i += 2)
            yield return pairs[i];
    }
}
