using System.Diagnostics;
using System.Diagnostics.Metrics;
using ForkFollow.Results;

namespace ForkFollow.Telemetry;

/// <summary>
/// What .NET runtimes told of themselves, under the names that they have in the semantic conventions, by the name of the
/// executable: from the beginning of the event session to the end of the process. One thread at a time.
/// </summary>
internal sealed class DotNetMetrics
{
    private readonly Series _series;
    private readonly Counter<long> _collections;
    private readonly Counter<double> _pause;
    private readonly Counter<long> _allocated;
    private readonly Counter<long> _methods;
    private readonly Counter<double> _compilation;
    private readonly Counter<long> _il;
    private readonly Counter<long> _contentions;
    private readonly Counter<long> _exceptions;

    internal DotNetMetrics(Meter meter, Series series)
    {
        _series = series;
        _collections = meter.CreateCounter<long>("dotnet.gc.collections", "{collection}", "Garbage collections.");
        _pause = meter.CreateCounter<double>("dotnet.gc.pause.time", "s", "How long garbage collections stopped all threads.");
        _allocated = meter.CreateCounter<long>("dotnet.gc.heap.total_allocated", "By", "Bytes allocated on the managed heap.");
        _methods = meter.CreateCounter<long>("dotnet.jit.compiled_methods", "{method}", "Methods compiled at run time.");
        _compilation = meter.CreateCounter<double>("dotnet.jit.compilation.time", "s", "Time spent compiling methods.");
        _il = meter.CreateCounter<long>("dotnet.jit.compiled_il.size", "By", "Intermediate language that was compiled.");
        _contentions = meter.CreateCounter<long>(
            "dotnet.monitor.lock_contentions", "{contention}", "Times that a thread waited for a lock of another.");
        _exceptions = meter.CreateCounter<long>("dotnet.exceptions", "{exception}", "Exceptions thrown.");
    }

    /// <summary>Counts a runtime, once.</summary>
    internal void Count(RecordedDotNet runtime, string name, TagList tags)
    {
        // The runtime counts a collection for each generation below too; the conventions count it for its own alone.
        RecordedGc gc = runtime.Gc;
        CountCollections(tags, "gen0", gc.Gen0 - gc.Gen1);
        CountCollections(tags, "gen1", gc.Gen1 - gc.Gen2);
        CountCollections(tags, "gen2", gc.Gen2);
        _pause.Add(gc.PauseNs / 1e9, tags);
        _allocated.Add(gc.AllocatedBytes, tags);
        _methods.Add(runtime.Jit.Methods, tags);
        _compilation.Add(runtime.Jit.Ns / 1e9, tags);
        _il.Add(runtime.Jit.IlBytes, tags);
        _contentions.Add(runtime.Contentions, tags);
        long listed = 0;
        foreach (RecordedExceptionType one in runtime.ExceptionTypes)
        {
            _exceptions.Add(one.Count, ProcessMetrics.With(tags, "error.type", _series.TypeFor(name, one.Type)));
            listed += one.Count;
        }

        if (runtime.Exceptions > listed)
            _exceptions.Add(runtime.Exceptions - listed, ProcessMetrics.With(tags, "error.type", Series.Other));
    }

    private void CountCollections(TagList tags, string generation, long count)
    {
        // The figures are the runtime's word: a counter takes nothing below zero.
        _collections.Add(Math.Max(count, 0), ProcessMetrics.With(tags, "dotnet.gc.heap.generation", generation));
    }
}
