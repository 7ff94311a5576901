using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>
/// The processes in the report's data, a column per property. What a process has many of (execs, arguments, system
/// calls, ticks) stands in tables of its own, in the order of the processes, with a column of how many each has.
/// </summary>
internal static class ReportProcesses
{
    /// <summary>More ticks than a small chart has pixels are thinned out, evenly.</summary>
    private const int MostTicks = 400;

    /// <param name="columns">Takes them.</param>
    /// <param name="processes">The processes.</param>
    /// <param name="zero">What times count from.</param>
    internal static void Write(ReportColumns columns, IReadOnlyList<RecordedProcess> processes, long zero)
    {
        Utf8JsonWriter json = columns.Json;
        var executables = new Executables(processes);
        json.WriteStartObject("processes");
        WriteLives(columns, processes, executables, zero);
        WriteUsage(columns, processes);
        WriteCounters(columns, processes);
        ReportDotNet.WriteColumns(columns, processes);
        json.WriteEndObject();
        WriteExecs(columns, processes, executables, zero);
        ReportSyscalls.Write(columns, processes);
        WriteTicks(columns, processes, zero);
        ReportDotNet.WriteTables(columns, processes, zero);
        ReportValues.Write(columns, processes);
    }

    private static void WriteLives(ReportColumns columns, IReadOnlyList<RecordedProcess> processes, Executables executables, long zero)
    {
        columns.Write("id", processes.Select(p => (long)p.Id));
        columns.WriteKnown("parent", processes.Select(p => (long?)p.ParentId));
        columns.Write("pid", processes.Select(p => (long)p.Pid));
        columns.Write("parentPid", processes.Select(p => (long)p.ParentPid));
        columns.WriteTexts("origin", processes, p => p.Origin);
        columns.Write("start", processes.Select(p => p.FollowedNs - zero));
        columns.WriteKnown("end", processes.Select(p => p.EndNs - zero));

        // Of those that were attached alone: their first row of execs is what they were found running.
        columns.WriteKnown("born", processes.Select(p => p.Found is null ? null : (long?)(p.StartNs - zero)));
        columns.WriteTexts("comm", processes, p => p.Comm);
        columns.WriteTexts("name", processes, p => p.Name);
        columns.WriteTexts("executable", processes, executables.NameOf);
        columns.Write("threads", processes.Select(p => (long)p.Threads));
        columns.WriteTexts("ended", processes, p => p.End);
        columns.WriteKnown("exitCode", processes.Select(p => (long?)p.Exit?.Code));
        columns.Write("signal", processes.Select(p => (long)(p.Exit?.Signal ?? 0)));
        columns.WriteTexts("signalName", processes,
            p => p.Exit is { Signal: > 0 } exit ? exit.Name ?? $"signal {exit.Signal}" : null);
        columns.Write("core", processes.Select(p => p.Exit is { Core: true } ? 1L : 0));
        columns.Write("lost", processes.Select(p => p.Lost));
        columns.WriteTexts("collectors", processes, p => string.Join(", ", p.Collectors));
    }

    private static void WriteUsage(ReportColumns columns, IReadOnlyList<RecordedProcess> processes)
    {
        columns.WriteKnown("user", processes.Select(p => p.Rusage?.UserNs));
        columns.WriteKnown("system", processes.Select(p => p.Rusage?.SystemNs));
        columns.WriteKnown("rss", processes.Select(p => p.Rusage?.MaxRssBytes));
        columns.WriteKnown("minorFaults", processes.Select(p => p.Rusage?.MinorFaults));
        columns.WriteKnown("majorFaults", processes.Select(p => p.Rusage?.MajorFaults));
        columns.WriteKnown("voluntary", processes.Select(p => p.Rusage?.VoluntarySwitches));
        columns.WriteKnown("involuntary", processes.Select(p => p.Rusage?.InvoluntarySwitches));
        columns.WriteKnown("stops", processes.Select(p => p.Rusage?.Stops));
        if (!processes.Any(p => p.Waits is not null))
            return;
        columns.WriteKnown("waits", processes.Select(p => p.Waits?.Count));
        columns.WriteKnown("waitNs", processes.Select(p => p.Waits?.Ns));
        columns.WriteKnown("runQueueNs", processes.Select(p => p.Waits?.RunQueueNs));
    }

    private static void WriteCounters(ReportColumns columns, IReadOnlyList<RecordedProcess> processes)
    {
        columns.Json.WriteStartArray("counters");
        foreach (string name in processes.SelectMany(p => p.Counters.Keys).Distinct(StringComparer.Ordinal))
        {
            columns.Json.WriteStartObject();
            columns.Json.WriteString("name", name);
            columns.WriteKnown("values",
                processes.Select(p => p.Counters.TryGetValue(name, out long value) ? value : (long?)null));
            columns.Json.WriteEndObject();
        }

        columns.Json.WriteEndArray();
    }

    private static void WriteExecs(ReportColumns columns, IReadOnlyList<RecordedProcess> processes, Executables executables, long zero)
    {
        columns.Json.WriteStartObject("execs");
        columns.Write("count", processes.Select(p => p.Execs.Count + (p.Found is null ? 0L : 1)));
        IEnumerable<RecordedExec> execs = processes.SelectMany(p => p.Found is { } found ? p.Execs.Prepend(found) : p.Execs);
        columns.Write("at", execs.Select(e => e.AtNs - zero));
        columns.WriteTexts("path", execs, e => e.Path);
        columns.WriteTexts("name", execs, e => e.Name);
        columns.WriteTexts("executable", execs, executables.NameOf);
        columns.Write("argCount", execs.Select(e => (long)e.Args.Count));
        columns.WriteTexts("args", execs.SelectMany(e => e.Args), arg => arg);
        columns.Json.WriteEndObject();
        columns.Json.WriteStartObject("executables");
        columns.WriteTexts("name", executables.Names, one => one.Value);
        columns.WriteTexts("file", executables.Names, one => one.Key);
        columns.Json.WriteEndObject();
    }

    private static void WriteTicks(ReportColumns columns, IReadOnlyList<RecordedProcess> processes, long zero)
    {
        if (!processes.Any(p => p.Procfs is not null))
            return;
        List<RecordedTick>[] ticks = [.. processes.Select(p => Thin(p.Procfs ?? []))];
        columns.Json.WriteStartObject("ticks");
        columns.Write("rows", ticks.Select(rows => (long)rows.Count));
        IEnumerable<RecordedTick> all = ticks.SelectMany(rows => rows);
        columns.Write("at", all.Select(t => t.AtNs - zero));
        columns.WriteTexts("state", all, t => t.State);
        columns.Write("rss", all.Select(t => t.RssBytes));
        columns.Write("threads", all.Select(t => (long)t.Threads));
        columns.WriteKnown("fds", all.Select(t => (long?)t.Fds));
        columns.WriteKnown("read", all.Select(t => t.ReadBytes));
        columns.WriteKnown("write", all.Select(t => t.WriteBytes));
        columns.Json.WriteEndObject();
    }

    /// <summary>Of each n ticks the one with the peak, since that is what one looks for.</summary>
    private static List<RecordedTick> Thin(IReadOnlyList<RecordedTick> ticks)
    {
        int step = (ticks.Count + MostTicks - 1) / MostTicks;
        return step <= 1 ? [.. ticks] : [.. ticks.Chunk(step).Select(chunk => chunk.MaxBy(tick => tick.RssBytes)!)];
    }
}
