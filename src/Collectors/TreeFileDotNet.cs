using System.Text.Json;
using ForkFollow.Collectors.Recording;

namespace ForkFollow.Collectors;

/// <summary>The key <c>dotnet</c> of tree.json. Any thread.</summary>
internal static class TreeFileDotNet
{
    /// <summary>Writes it; nothing if there is none.</summary>
    internal static void Write(Utf8JsonWriter json, RecordedDotNet? runtime)
    {
        if (runtime is null)
            return;
        json.WriteStartObject("dotnet");
        json.WriteString("version", runtime.Version);
        json.WriteString("commandLine", runtime.CommandLine);
        json.WriteNumber("watchedNs", runtime.WatchedNs);
        json.WriteBoolean("complete", runtime.Complete);
        json.WriteNumber("lostEvents", runtime.LostEvents);
        WriteGc(json, runtime.Gc);
        WriteJit(json, runtime.Jit);
        json.WriteNumber("exceptions", runtime.Exceptions);
        json.WriteStartArray("exceptionTypes");
        foreach (RecordedExceptionType one in runtime.ExceptionTypes)
        {
            json.WriteStartObject();
            json.WriteString("type", one.Type);
            json.WriteNumber("count", one.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("contentions", runtime.Contentions);
        json.WriteNumber("contentionNs", runtime.ContentionNs);
        json.WriteNumber("poolThreads", runtime.PoolThreads);
        json.WriteNumber("poolStarvations", runtime.PoolStarvations);
        json.WriteStartArray("counters");
        foreach (RecordedRuntimeTick tick in runtime.Counters)
            WriteTick(json, tick);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteGc(Utf8JsonWriter json, RecordedGc gc)
    {
        json.WriteStartObject("gc");
        json.WriteNumber("gen0", gc.Gen0);
        json.WriteNumber("gen1", gc.Gen1);
        json.WriteNumber("gen2", gc.Gen2);
        json.WriteNumber("pauseNs", gc.PauseNs);
        json.WriteNumber("pauses", gc.Pauses);
        json.WriteNumber("p50Ns", gc.P50Ns);
        json.WriteNumber("p99Ns", gc.P99Ns);
        json.WriteNumber("maxPauseNs", gc.MaxPauseNs);
        json.WriteStartArray("heapBytes");
        foreach (long bytes in gc.HeapBytes)
            json.WriteNumberValue(bytes);
        json.WriteEndArray();
        json.WriteNumber("maxHeapBytes", gc.MaxHeapBytes);
        json.WriteNumber("allocatedBytes", gc.AllocatedBytes);
        json.WriteEndObject();
    }

    private static void WriteJit(Utf8JsonWriter json, RecordedJit jit)
    {
        json.WriteStartObject("jit");
        json.WriteNumber("methods", jit.Methods);
        json.WriteStartObject("tiers");
        foreach ((string tier, long count) in jit.Tiers)
            json.WriteNumber(tier, count);
        json.WriteEndObject();
        json.WriteNumber("ilBytes", jit.IlBytes);
        json.WriteNumber("ns", jit.Ns);
        json.WriteNumber("precompiled", jit.Precompiled);
        json.WriteEndObject();
    }

    private static void WriteTick(Utf8JsonWriter json, RecordedRuntimeTick tick)
    {
        json.WriteStartObject();
        json.WriteNumber("atNs", tick.AtNs);
        if (tick.CpuPercent is { } cpu)
            json.WriteNumber("cpuPercent", cpu);
        WriteKnown(json, "workingSetBytes", tick.WorkingSetBytes);
        WriteKnown(json, "heapBytes", tick.HeapBytes);
        WriteKnown(json, "allocatedBytes", tick.AllocatedBytes);
        WriteKnown(json, "gen0", tick.Gen0);
        WriteKnown(json, "gen1", tick.Gen1);
        WriteKnown(json, "gen2", tick.Gen2);
        WriteKnown(json, "exceptions", tick.Exceptions);
        WriteKnown(json, "queueLength", tick.QueueLength);
        WriteKnown(json, "poolThreads", tick.PoolThreads);
        WriteKnown(json, "contentions", tick.Contentions);
        json.WriteEndObject();
    }

    private static void WriteKnown(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }
}
