using System.Text;
using ForkFollow.Results;
using ForkFollow.Results.Formats;
using ForkFollow.Results.Protocol;

namespace ForkFollow.Host.Tests;

/// <summary>
/// <c>forkfollow report</c> on directories that were cut, changed or made up: what can be had is shown, the rest is said, and nothing
/// else ever happens.
/// </summary>
public sealed class ReportDamageTests : IDisposable
{
    private const int Changes = 1500;

    /// <summary>Far more than the sample needs, and far less than a length of 2 GB in it claims.</summary>
    private const long MostBytes = 64 << 20;

    private const string Tree = """
        { "schema": 1, "forkfollow": "0.1.0", "started": "2026-01-02T03:04:05Z", "durationNs": 2000000000, "cpus": 2, "command": ["sh", "-c", "x"],
          "processes": [
            { "id": 1, "parentId": null, "pid": 100, "parentPid": 99, "origin": "launched", "startNs": 1000, "endNs": 1900000000, "comm": "sh",
              "execs": [ { "atNs": 1000, "path": "/bin/sh", "args": ["sh", "-c", "x"] } ], "threads": 2, "exit": { "code": 3 }, "end": "exited",
              "rusage": { "userNs": 5, "systemNs": 6, "maxRssBytes": 7, "minorFaults": 8, "majorFaults": 9, "voluntarySwitches": 1, "involuntarySwitches": 2 },
              "counters": { "task-clock": 12, "page-faults": 3 }, "samples": 3, "lost": 1, "waits": { "count": 1, "ns": 2, "runQueueNs": 3 },
              "syscalls": [ { "name": "read", "count": 1, "errors": 0, "totalNs": 5, "p50Ns": 5, "p99Ns": 5, "maxNs": 5 } ],
              "procfs": [ { "atNs": 1, "state": "S", "rssBytes": 4096, "threads": 1, "fds": 3, "readBytes": 1, "writeBytes": null },
                          { "atNs": 900000000, "state": "R", "rssBytes": 8192, "threads": 2, "fds": null, "readBytes": 2, "writeBytes": 2 } ],
              "values": [ { "name": "app.wait", "value": 0.25, "unit": "s" } ],
              "tables": [ { "name": "app.rules", "columns": [ { "name": "rule", "unit": "" } ], "rows": [ [ "a" ], [ 1 ] ] } ],
              "collectors": ["rusage", "counters", "cpu"] },
            { "id": 2, "parentId": 1, "pid": 101, "parentPid": 100, "origin": "fork", "startNs": 500000, "endNs": null, "comm": "dotnet",
              "execs": [ { "atNs": 600000, "path": "/usr/bin/dotnet", "args": ["dotnet"] } ], "threads": 9, "exit": { "signal": 9, "name": "SIGKILL", "core": false },
              "end": "exited", "rusage": null,
              "dotnet": { "version": "10.0.1", "commandLine": "x", "watchedNs": 5, "complete": true, "lostEvents": 0,
                "gc": { "gen0": 2, "gen1": 1, "gen2": 0, "pauseNs": 5, "pauses": 2, "p50Ns": 1, "p99Ns": 2, "maxPauseNs": 3, "heapBytes": [1, 2], "maxHeapBytes": 3, "allocatedBytes": 4 },
                "jit": { "methods": 1, "tiers": { "QuickJitted": 1 }, "ilBytes": 1, "ns": 1, "precompiled": 1 },
                "exceptions": 1, "exceptionTypes": [ { "type": "E", "count": 1 } ], "contentions": 1, "contentionNs": 1, "poolThreads": 1, "poolStarvations": 0,
                "counters": [ { "atNs": 1, "cpuPercent": 2.5, "workingSetBytes": 3 } ] } } ],
          "follower": { "stops": 1, "births": 1, "threadBirths": 1, "execs": 2, "heldNs": { "p50": 1, "p99": 2, "max": 3 } },
          "ledger": [ { "kind": "escaped", "pid": 7, "text": "one" } ] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
    private readonly byte[] _tree = Encoding.UTF8.GetBytes(Tree);
    private readonly byte[] _profile;

    public ReportDamageTests()
    {
        using (ResultDirectory directory = ResultDirectory.Open(_folder))
        using (var writer = new RecordingWriter(directory, Assert.Fail))
            WriteTo(writer);
        _profile = File.ReadAllBytes(Path.Combine(_folder, RecordingReader.Name));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_sample_is_sound()
    {
        List<string> said = Report(_tree, _profile);
        Assert.Empty(said);
    }

    [Fact]
    public void A_recording_cut_anywhere_is_shown_as_far_as_it_goes()
    {
        for (int length = 0; length < _profile.Length; length++)
        {
            List<string> said = Report(_tree, _profile[..length]);
            Assert.True(said.Count <= 1, string.Join('\n', said));
        }
    }

    [Fact]
    public void A_tree_cut_anywhere_is_refused_in_a_line()
    {
        for (int length = 0; length < _tree.Length; length += 7)
            Assert.Contains("tree.json", Assert.Single(Report(_tree[..length], _profile)), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_were_changed_do_no_harm()
    {
        var random = new Random(20261125);
        for (int i = 0; i < Changes; i++)
        {
            (byte[] tree, byte[] profile) = ([.. _tree], [.. _profile]);
            byte[] changed = i % 2 == 0 ? tree : profile;
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                int at = random.Next(changed.Length);
                changed[at] = random.Next(3) switch
                {
                    0 => (byte)(changed[at] ^ (1 << random.Next(8))),
                    1 => (byte)"0123456789-e.,:[]{}\"n"[random.Next(21)],
                    _ => (byte)random.Next(256),
                };
            }

            Report(tree, profile);
        }
    }

    /// <summary>Each number in turn: times, sizes, counts, ids.</summary>
    [Fact]
    public void Numbers_at_their_limits_do_no_harm()
    {
        for (int at = 0; at < Tree.Length; at++)
        {
            if (!char.IsAsciiDigit(Tree[at]) || !" [".Contains(Tree[at - 1], StringComparison.Ordinal))
                continue;
            int end = at;
            while (char.IsAsciiDigit(Tree[end]))
                end++;
            foreach (string value in (string[])["-1", "0", "2147483647", "9223372036854775807", "-9223372036854775808", "1e300", "null"])
                Report(Encoding.UTF8.GetBytes(Tree[..at] + value + Tree[end..]), _profile);
        }
    }

    [Fact]
    public void A_length_that_the_file_does_not_have_is_no_memory()
    {
        string path = Path.Combine(_folder, RecordingReader.Name);
        using (FileStream file = File.OpenWrite(path))
        {
            file.Position = _profile.Length;
            file.Write([0xff, 0xff, 0xff, 0xff, 0x07]);
            file.SetLength(1L << 32);
        }

        using ResultDirectory directory = ResultDirectory.Open(_folder);
        long before = GC.GetAllocatedBytesForCurrentThread();
        List<string> said = [];
        Profile profile = RecordingReader.Read(directory, said.Add);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        Assert.Equal(3, profile.Samples.Count);
        Assert.Contains($"cut off or damaged at byte {_profile.Length} of {1L << 32}", Assert.Single(said), StringComparison.Ordinal);
    }

    /// <summary>A foreign process: tree.json was written before it was born, and then we were killed.</summary>
    [Fact]
    public void Samples_of_a_process_that_the_tree_has_not_are_shown()
    {
        string tree = Tree[..Tree.IndexOf("{ \"id\": 2", StringComparison.Ordinal)].TrimEnd(',', ' ', '\n', '\r', ' ') + "] }";
        Assert.Empty(Report(Encoding.UTF8.GetBytes(tree.Replace("} ,", "}", StringComparison.Ordinal)), _profile, out string text));
        Assert.Contains("(unknown)", text, StringComparison.Ordinal);
    }

    private List<string> Report(byte[] tree, byte[] profile) => Report(tree, profile, out _);

    /// <summary>What the command does, in this process: an exception of any other kind than it takes for a damaged file fails the test.</summary>
    private List<string> Report(byte[] tree, byte[] profile, out string text)
    {
        File.WriteAllBytes(Path.Combine(_folder, TreeFile.Name), tree);
        File.WriteAllBytes(Path.Combine(_folder, RecordingReader.Name), profile);
        List<string> said = [];
        var shown = new StringWriter();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using ResultDirectory directory = ResultDirectory.Open(_folder);
        try
        {
            RecordedRun run = RunFiles.Read(directory, said.Add)!;
            foreach (ResultFormat format in ResultFormats.Available)
                format.Write(Stream.Null, run);
            TreeReport.Write(shown, run, 120, verbose: true);
        }
        catch (InvalidDataException e)
        {
            said.Add(e.Message);
        }
        catch (Exception e)
        {
            Assert.Fail($"{e}\n{Encoding.UTF8.GetString(tree)}\n{Convert.ToHexString(profile)}");
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < MostBytes, $"{allocated} bytes for\n{Encoding.UTF8.GetString(tree)}\n{Convert.ToHexString(profile)}");
        Assert.DoesNotContain(said, line => line.Contains('\n', StringComparison.Ordinal));
        text = shown.ToString();
        return said;
    }

    private static void WriteTo(RecordingWriter writer)
    {
        writer.Write(new()
        {
            Header = new() { Version = 1, CpuEvent = "cpu-clock", Frequency = 100, TraceEvents = { "sched:x" } },
            Modules =
            {
                new Module { Path = "/bin/none", BuildId = "ab" }, new Module { Path = "[kernel]", Kind = Module.Types.Kind.Kernel },
                new Module { Path = "[jit]", Kind = Module.Types.Kind.Jit },
            },
            Frames = new() { Module = { 0, 1, 2 }, Address = { 0x10, 0x20, 0x30 } },
            Nodes = new() { Parent = { 0, 1, 0 }, Frame = { 0, 1, 2 } },
            Threads = { new Results.Protocol.Thread { Process = 1, Tid = 100, Name = "sh" }, new Results.Protocol.Thread { Process = 2, Tid = 101, Name = "dotnet" } },
            Samples = new() { Time = { 5_000_000, 10_000_000 }, Thread = { 0, 1 }, Stack = { 1, 3 } },
            Waits = new() { Thread = { 0 }, Stack = { 2 }, Count = { 1 }, WaitNs = { 100 }, RunQueueNs = { 10 } },
            Traces = new() { Event = { 0 }, Thread = { 1 }, Stack = { 3 }, Count = { 4 } },
        });
        writer.Write(new()
        {
            ThreadNames = { new ThreadName { Thread = 1, Name = "worker" } },
            Samples = new() { Time = { 900_000_000 }, Thread = { 1 }, Stack = { 2 } },
            Symbols = { new Symbol { Frame = 0, Function = "f" }, new Symbol { Frame = 2, Function = "Type.Method()" } },
            HasSymbols = true,
        });
    }
}
