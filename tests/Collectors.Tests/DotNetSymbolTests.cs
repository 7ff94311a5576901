using System.Diagnostics;
using ForkFollow.Collectors.DotNet;
using ForkFollow.Follower;
using ForkFollow.Results;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.Tests;

/// <summary>The functions of CPU samples of a .NET program, by what its runtime tells.</summary>
public sealed class DotNetSymbolTests
{
    [SkippableFact]
    public async Task SamplesHaveTheNamesOfJittedMethods()
    {
        Profile profile = (await RecordAsync(dwarf: false, "hot:2000")).Profile;
        string top = profile.Shares().MaxBy(one => one.Value).Key;
        Assert.Equal("Busy.Program.HotLoop(int32)", top);

        // Between its first and its last sample its thread does nothing else.
        CpuSample first = profile.Samples.First(sample => FunctionsOf(profile, sample)[0] == top);
        CpuSample last = profile.Samples.Last(sample => FunctionsOf(profile, sample)[0] == top);
        List<CpuSample> between =
            [.. profile.Samples.Where(sample => sample.Thread == first.Thread && sample.TimeNs >= first.TimeNs && sample.TimeNs <= last.TimeNs)];
        Assert.InRange(between.Count(sample => FunctionsOf(profile, sample)[0] == top), between.Count * 0.95, between.Count);
        Assert.InRange(between.Count, 200, ((last.TimeNs - first.TimeNs) / 1e9 * 499 * 1.02) + 2); // never more than its time on a CPU
        Assert.Contains(
            profile.Samples.Where(sample => FunctionsOf(profile, sample)[0] == top),
            sample => FunctionsOf(profile, sample).Contains("Busy.Program.Main(System.String[])"));
    }

    [SkippableFact]
    public async Task SamplesHaveTheNamesOfPrecompiledMethods()
    {
        // Without tiers precompiled code stays; else what is hot is compiled anew.
        Profile profile = (await RecordAsync(dwarf: false, "sort:2000", tiers: "0")).Profile;
        List<string> library =
        [
            .. profile.Samples.Select(sample => profile.Frames[profile.Stacks.Frames[sample.Stack]])
                .Where(frame => profile.Modules[frame.Module].Name == "System.Private.CoreLib.dll").Select(frame => frame.Function),
        ];
        Assert.True(library.Count > 100, string.Join('\n', profile.Shares()));
        Assert.Contains(library, name => name.StartsWith("System.Number.", StringComparison.Ordinal));
        Assert.InRange(library.Count(name => !name.Contains("+0x", StringComparison.Ordinal)), library.Count * 0.9, library.Count);
    }

    [SkippableFact]
    public async Task UnwoundStacksHaveThemToo()
    {
        Chain.NeedLibrary();
        Profile profile = (await RecordAsync(dwarf: true, "hot:1000")).Profile;
        Assert.Equal("Busy.Program.HotLoop(int32)", profile.Shares().MaxBy(one => one.Value).Key);
    }

    private static List<string> FunctionsOf(Profile profile, CpuSample sample) =>
        [.. profile.Stacks.FramesOf(sample.Stack).Select(frame => profile.Frames[frame].Function)];

    /// <summary>As the product does it: a session per runtime, whose methods are handed over after the process has ended.</summary>
    private static async Task<RecordedRun> RecordAsync(bool dwarf, string word, string tiers = "1")
    {
        string marker = Path.GetTempFileName();
        Thread? reading = null;
        EventPipeSession? pipe = null;
        string[] command =
        [
            "/bin/sh", "-c", "(while ! test -s \"$0\"; do sleep 0.05; done; echo; echo) | \"$@\"", marker,
            "/usr/bin/env", $"DOTNET_TieredCompilation={tiers}", BusyPrograms.Path, word,
        ];
        try
        {
            return await Profiles.RecordAsync(
                new() { Cpu = true, Frequency = 499, Dwarf = dwarf },
                async collectors =>
                {
                    FollowSession session = await FollowSession.LaunchAsync(new() { Command = command }, collectors);
                    ProcessResult busy;
                    try
                    {
                        busy = await FindAsync(collectors.Results);
                        pipe = BusyPrograms.Open(busy.Process.Pid);
                    }
                    catch
                    {
                        await session.DisposeAsync();
                        throw;
                    }

                    busy.AwaitsMethods = true;
                    var reader = new RuntimeReader(Stopwatch.GetTimestamp());
                    reading = new(() =>
                    {
                        reader.Read(pipe.EventStream, null);
                        reader.HandOver(busy);
                    });
                    reading.Start();
                    await File.WriteAllTextAsync(marker, "go");
                    return session;
                },
                () => Assert.True(reading!.Join(Wait.Limit)), command);
        }
        finally
        {
            pipe?.Dispose();
            File.Delete(marker);
        }
    }

    /// <summary>The process whose runtime answers.</summary>
    private static async Task<ProcessResult> FindAsync(RunResults results)
    {
        for (int i = 0; i < 400; i++)
        {
            if (results.ToList().Find(one => Path.GetFileName(one.Process.Execs is [.., var last] ? last.Path : "") == "Busy") is { } busy
                && Directory.GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{busy.Process.Pid}-*-socket").Length > 0)
            {
                return busy;
            }

            await Task.Delay(25);
        }

        throw new TimeoutException("Busy did not start");
    }
}
