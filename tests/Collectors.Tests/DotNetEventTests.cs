using ForkFollow.Collectors.DotNet;
using ForkFollow.Results;
using ForkFollow.Symbols;
using Microsoft.Diagnostics.NETCore.Client;
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
        (RuntimeReader reader, Dictionary<string, long> own, _) = BusyPrograms.Run(kill: false, "hot:3300");
        IReadOnlyList<RecordedRuntimeTick> ticks = reader.Summary.Counters;
        Assert.InRange(ticks.Count, 2, (own["elapsedNs"] / 1_000_000_000) + 2);
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

    [Fact]
    public void LostEventsAreCounted()
    {
        using Started process = BusyPrograms.Start("allocate:4000", "throw:1");
        using EventPipeSession session = BusyPrograms.Open(process.Id, bufferMb: 1);
        process.StandardInput.WriteLine();
        Dictionary<string, long> own = BusyPrograms.Parse(process.StandardOutput.Line()!);
        var reader = new RuntimeReader(0);
        Thread thread = BusyPrograms.StartReading(reader, session, null); // too late for most
        process.StandardInput.WriteLine();
        Assert.True(process.WaitForExit(10_000) && thread.Join(10_000));
        RecordedDotNet summary = reader.Summary;

        // An event for each 100 kB or so is what there is most of: what came and what was lost make all of them.
        Assert.InRange(summary.LostEvents, 1000, 100_000);
        Assert.InRange(summary.Gc.AllocatedBytes + (summary.LostEvents * 106_000), own["allocated"] * 0.8, own["allocated"] * 1.3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void SessionsForOlderRuntimesAreReadToo(int choice)
    {
        using Started process = BusyPrograms.Start("sort:50");
        using EventPipeSession session = BusyPrograms.Open(process.Id, choice: choice);
        var reader = new RuntimeReader(0);
        Thread thread = BusyPrograms.StartReading(reader, session, null);
        process.StandardInput.WriteLine();
        process.StandardInput.WriteLine();
        Assert.True(process.WaitForExit(10_000) && thread.Join(10_000));
        Assert.True(reader.Summary.Complete);
        Assert.Contains(MethodsOf(reader), one => one.Name.StartsWith("System.Decimal.Parse(", StringComparison.Ordinal));
    }

    [Fact]
    public void SessionThatIsStoppedLeavesTheProgramRunning()
    {
        using Started process = BusyPrograms.Start("gc:1");
        for (int i = 0; i < 3; i++)
        {
            using EventPipeSession session = BusyPrograms.Open(process.Id);
            var reader = new RuntimeReader(0);
            Thread thread = BusyPrograms.StartReading(reader, session, null);
            session.Stop();
            Assert.True(thread.Join(10_000));
            Assert.True(reader.Summary.Complete);
            Assert.Contains(MethodsOf(reader), one => one.Name == "Busy.Program.Main(System.String[])");
        }

        process.StandardInput.WriteLine();
        process.StandardInput.WriteLine();
        Assert.True(process.WaitForExit(10_000));
    }

    private static ManagedMethod[] MethodsOf(RuntimeReader reader)
    {
        MethodMap map = reader.BuildMethods();
        return [.. Enumerable.Range(0, map.Count).Select(i => map[i])];
    }
}
