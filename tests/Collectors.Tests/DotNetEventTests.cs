using ForkFollow.Collectors.DotNet;
using ForkFollow.Collectors.Recording;
using Microsoft.Diagnostics.Tracing;

namespace ForkFollow.Collectors.Tests;

/// <summary>What is read of a runtime's events, against what the program says of itself.</summary>
public sealed class DotNetEventTests
{
    [Fact]
    public void CollectionsAreThoseOfTheProgram()
    {
        (RuntimeReader reader, Dictionary<string, long> own, _) = BusyPrograms.Run(kill: false, "gc:5", "allocate:500");
        RecordedDotNet summary = reader.Summary;
        Assert.True(own["gen2"] >= 5);
        Assert.Equal((own["gen0"], own["gen1"], own["gen2"]), (summary.Gc.Gen0, summary.Gc.Gen1, summary.Gc.Gen2));
        Assert.InRange(summary.Gc.PauseNs, own["pauseNs"] * 0.95, own["pauseNs"] * 1.05);
        Assert.InRange(summary.Gc.AllocatedBytes, own["allocated"] * 0.95, own["allocated"] * 1.05);
        Assert.InRange(summary.Gc.P50Ns, 1, summary.Gc.P99Ns);
        Assert.InRange(summary.Gc.P99Ns, summary.Gc.P50Ns, summary.Gc.MaxPauseNs);
        Assert.Equal(5, summary.Gc.HeapBytes.Count);
        Assert.InRange(summary.Gc.HeapBytes.Sum(), 1000, summary.Gc.MaxHeapBytes);
        Assert.Equal((0, true), (summary.LostEvents, summary.Complete));
        Assert.Equal(Environment.Version.ToString(3), summary.Version);
        Assert.Contains("gc:5", summary.CommandLine, StringComparison.Ordinal);
    }

    [Fact]
    public void ExceptionsAreCountedByType()
    {
        (RuntimeReader reader, _, _) = BusyPrograms.Run(kill: false, "throw:30");
        Assert.Equal(30, reader.Summary.Exceptions);
        Assert.Equal(
            [new("System.InvalidOperationException", 20), new("System.FormatException", 10)], reader.Summary.ExceptionTypes);
    }

    [Fact]
    public void WaitsForLocksAreCountedAndTimed()
    {
        (RuntimeReader reader, Dictionary<string, long> own, _) = BusyPrograms.Run(kill: false, "contend:5", "pool:30");
        Assert.Equal(own["contentions"], reader.Summary.Contentions);
        Assert.InRange(reader.Summary.ContentionNs, 50_000_000, 1_000_000_000);
        Assert.InRange(reader.Summary.PoolThreads, 1, 100);
    }

    [Fact]
    public void MethodsHaveTheirNames()
    {
        (RuntimeReader reader, _, _) = BusyPrograms.Run(kill: false, "hot:500", "sort:100");
        RecordedJit jit = reader.Summary.Jit;
        Assert.InRange(jit.Methods, 5, 5000);
        Assert.Equal(jit.Methods, jit.Tiers.Values.Sum());
        Assert.InRange(jit.Ns, 100_000, 10_000_000_000);
        Assert.InRange(jit.IlBytes, 100, 10_000_000);
        Assert.InRange(jit.Precompiled, 100, 20_000);
        ManagedMethod[] methods = MethodsOf(reader);
        Assert.Contains(methods, one => one is { Name: "Busy.Program.HotLoop(int32)", Tier: MethodTier.OptimizedTier1 or MethodTier.OptimizedTier1Osr });
        ManagedMethod parse = Assert.Single(methods, one => one.Name == "System.Decimal.Parse(System.String,System.IFormatProvider)");
        Assert.Equal(MethodTier.ReadyToRun, parse.Tier);
        Assert.Equal(parse, reader.BuildMethods().Find(parse.Start + parse.Size - 1));
        Assert.NotEqual(parse, reader.BuildMethods().Find(parse.Start + parse.Size));
    }

    [Fact]
    public void CountersComeOnceASecond()
    {
        (RuntimeReader reader, _, _) = BusyPrograms.Run(kill: false, "hot:3300");
        IReadOnlyList<RecordedRuntimeTick> ticks = reader.Summary.Counters;
        Assert.InRange(ticks.Count, 2, 5);
        RecordedRuntimeTick last = ticks[^1];
        Assert.InRange(ticks.Max(tick => tick.CpuPercent!.Value), 10, 100);
        Assert.InRange(last.WorkingSetBytes!.Value, 10_000_000, 500_000_000);
        Assert.NotNull(last.HeapBytes);
        Assert.NotNull(last.AllocatedBytes);
        Assert.True(last is { Gen0: 0, Gen1: 0, Gen2: 0, Exceptions: 0, QueueLength: 0, PoolThreads: >= 0, Contentions: 0 }, $"{last}");
        Assert.True(ticks[0].AtNs < last.AtNs);
    }

    [Fact]
    public void KilledProcessKeepsWhatCame()
    {
        (RuntimeReader reader, Dictionary<string, long> own, _) = BusyPrograms.Run(kill: true, "gc:3", "throw:9", "hot:300", "sort:100");
        RecordedDotNet summary = reader.Summary;
        Assert.False(summary.Complete);
        Assert.Equal((own["gen0"], own["gen2"], 9), (summary.Gc.Gen0, summary.Gc.Gen2, summary.Exceptions));
        Assert.Contains(MethodsOf(reader), one => one.Name == "Busy.Program.HotLoop(int32)");
        Assert.Contains(
            MethodsOf(reader), one => one.Name.StartsWith("System.Decimal.Parse(", StringComparison.Ordinal) && one.Size > 0);
    }

    [Fact]
    public void CopyOpensInTraceEvent()
    {
        (RuntimeReader reader, Dictionary<string, long> own, byte[] bytes) = BusyPrograms.Run(kill: false, "gc:2", "throw:6");
        Assert.Equal(reader.Bytes, bytes.Length);
        using var source = new EventPipeEventSource(new MemoryStream(bytes));
        (int collections, int exceptions) = (0, 0);
        source.Clr.GCStart += _ => collections++;
        source.Clr.ExceptionStart += _ => exceptions++;
        source.Process();
        Assert.Equal((own["gen0"], 6), (collections, exceptions));
    }

    private static ManagedMethod[] MethodsOf(RuntimeReader reader)
    {
        MethodMap map = reader.BuildMethods();
        return [.. Enumerable.Range(0, map.Count).Select(i => map[i])];
    }
}
