namespace ForkFollow.Results.Formats;

/// <summary>
/// What .NET runtimes told, in the report's data: columns of the processes, null where there is no runtime, and tables of
/// exceptions and ticks in the order of the processes. Nothing of it if no process had a runtime.
/// </summary>
internal static class ReportDotNet
{
    /// <summary>Columns in the table of processes.</summary>
    internal static void WriteColumns(ReportColumns columns, IReadOnlyList<RecordedProcess> processes)
    {
        if (!processes.Any(p => p.DotNet is not null))
            return;
        Known("gcs", d => d.Gc.Gen0);
        Known("gc1", d => d.Gc.Gen1);
        Known("gc2", d => d.Gc.Gen2);
        Known("gcPause", d => d.Gc.PauseNs);
        Known("gcP50", d => d.Gc.P50Ns);
        Known("gcP99", d => d.Gc.P99Ns);
        Known("gcMax", d => d.Gc.MaxPauseNs);
        Known("gcHeap", d => d.Gc.MaxHeapBytes);
        Known("allocated", d => d.Gc.AllocatedBytes);
        Known("jitted", d => d.Jit.Methods);
        Known("jitNs", d => d.Jit.Ns);
        Known("ilBytes", d => d.Jit.IlBytes);
        Known("precompiled", d => d.Jit.Precompiled);
        Known("exceptions", d => d.Exceptions);
        Known("contentions", d => d.Contentions);
        Known("contentionNs", d => d.ContentionNs);
        Known("poolThreads", d => d.PoolThreads);
        Known("poolStarvations", d => d.PoolStarvations);
        Known("watched", d => d.WatchedNs);
        Known("lostEvents", d => d.LostEvents);
        columns.WriteTexts("runtime", processes, p => p.DotNet is { } runtime ? runtime.Version ?? "" : null);

        void Known(string name, Func<RecordedDotNet, long> value) =>
            columns.WriteKnown(name, processes.Select(p => p.DotNet is { } runtime ? value(runtime) : (long?)null));
    }

    /// <summary>Tables of their own.</summary>
    internal static void WriteTables(ReportColumns columns, IReadOnlyList<RecordedProcess> processes, long zero)
    {
        if (!processes.Any(p => p.DotNet is not null))
            return;
        columns.Json.WriteStartObject("thrown");
        columns.Write("rows", processes.Select(p => (long)(p.DotNet?.ExceptionTypes.Count ?? 0)));
        IEnumerable<RecordedExceptionType> types = processes.SelectMany(p => p.DotNet?.ExceptionTypes ?? []);
        columns.WriteTexts("type", types, one => one.Type);
        columns.Write("count", types.Select(one => one.Count));
        columns.Json.WriteEndObject();

        columns.Json.WriteStartObject("runtimeTicks");
        columns.Write("rows", processes.Select(p => (long)(p.DotNet?.Counters.Count ?? 0)));
        IEnumerable<RecordedRuntimeTick> ticks = processes.SelectMany(p => p.DotNet?.Counters ?? []);
        columns.Write("at", ticks.Select(t => t.AtNs - zero));
        columns.WriteKnown("cpu", ticks.Select(t => t.CpuPercent is { } percent ? (long?)Math.Round(percent) : null));
        columns.WriteKnown("heap", ticks.Select(t => t.HeapBytes));
        columns.WriteKnown("allocated", ticks.Select(t => t.AllocatedBytes));
        columns.WriteKnown("gen0", ticks.Select(t => t.Gen0));
        columns.WriteKnown("exceptions", ticks.Select(t => t.Exceptions));
        columns.WriteKnown("queue", ticks.Select(t => t.QueueLength));
        columns.WriteKnown("pool", ticks.Select(t => t.PoolThreads));
        columns.WriteKnown("contentions", ticks.Select(t => t.Contentions));
        columns.Json.WriteEndObject();
    }
}
