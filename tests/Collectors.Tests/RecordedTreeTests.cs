using System.Text;
using System.Text.Json;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>tree.json read back: what TreeFile wrote, what a newer one may write, and what is none.</summary>
public sealed class RecordedTreeTests : IDisposable
{
    private const string Process =
        """{"id":1,"parentId":null,"pid":5,"origin":"launched","startNs":0,"endNs":9,"comm":"a","end":"exited"}""";

    private static readonly JsonSerializerOptions _camelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly string _folder = Directory.CreateTempSubdirectory("recorded-tree-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_reads_what_TreeFile_wrote()
    {
        (RunResults results, FollowerFigures figures) = await Runs.FollowAsync(
            [new RusageCollector()], "/bin/sh", "-c", "(exit 3); /bin/true '\u001b[31m </script>'; kill -9 $$");
        TreeFile.Write(_folder, results);
        string file = Path.Combine(_folder, TreeFile.Name);
        RecordedRun run = TreeFile.Read(file);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonElement expected = document.RootElement;
        Assert.Equal(expected.GetProperty("forkfollow").GetString(), run.Version);
        Assert.Equal(expected.GetProperty("started").GetDateTimeOffset(), run.Started);
        Assert.Equal(expected.GetProperty("durationNs").GetInt64(), run.DurationNs);
        Assert.Equal(["/bin/sh", "-c", "(exit 3); /bin/true '\u001b[31m </script>'; kill -9 $$"], run.Command!);
        Assert.Same(Profile.Empty, run.Profile);
        // The same keys with the same values, written once more from what was read.
        JsonElement again = JsonSerializer.SerializeToElement(run.Processes, _camelCase);
        JsonElement[] processes = [.. expected.GetProperty("processes").EnumerateArray()];
        Assert.True(processes.Length >= 3);
        for (int i = 0; i < processes.Length; i++)
            AssertContains(processes[i], again[i]);
        Assert.Equal((9, "SIGKILL"), (run.Processes[0].Exit!.Signal, run.Processes[0].Exit!.Name));
        Assert.Equal(3, run.Processes[1].Exit!.Code);
    }

    [Fact]
    public async Task It_reads_what_a_runtime_told()
    {
        (RunResults results, FollowerFigures figures) = await Runs.FollowAsync([new RusageCollector()], "/bin/true");
        results.ToList()[0].DotNet = SampleRuns.SmallRuntime();
        TreeFile.Write(_folder, results);
        RecordedDotNet read = TreeFile.Read(Path.Combine(_folder, TreeFile.Name)).Processes[0].DotNet!;
        Assert.Equal(JsonSerializer.Serialize(SampleRuns.SmallRuntime()), JsonSerializer.Serialize(read));
    }

    [Fact]
    public void A_runtime_whose_keys_are_missing_has_defaults()
    {
        RecordedDotNet read = Assert.Single(Read(
            """
            {"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":10,"processes":[
             {"id":1,"pid":5,"origin":"launched","startNs":0,"comm":"a","end":"alive","dotnet":{"gc":{},"jit":{},"counters":[{"atNs":1}]}}]}
            """).Processes).DotNet!;
        Assert.Empty(read.Gc.HeapBytes);
        Assert.Empty(read.Jit.Tiers);
        Assert.Empty(read.ExceptionTypes);
        Assert.Equal(1, Assert.Single(read.Counters).AtNs);
    }

    [Fact]
    public void Keys_of_later_versions_are_read_and_unknown_ones_skipped()
    {
        RecordedProcess process = Assert.Single(Read(
            """
            {"schema":1,"forkfollow":"1.0","started":"2026-03-04T05:06:07Z","durationNs":10,"new":{"a":[1]},"processes":[
             {"id":1,"parentId":null,"pid":5,"origin":"launched","startNs":0,"endNs":null,"comm":"a","end":"alive","new":[{}],
              "samples":7,"lost":2,"waits":{"count":1,"ns":2,"runQueueNs":3},
              "syscalls":[{"name":"read","count":1,"errors":0,"totalNs":5,"p50Ns":5,"p99Ns":5,"maxNs":5,"new":1}],
              "procfs":[{"atNs":1,"state":"R","rssBytes":4096,"threads":1,"fds":null}]}]}
            """).Processes);
        Assert.Equal((7, 2), (process.Samples, process.Lost));
        Assert.Equal(new RecordedWaits(1, 2, 3), process.Waits);
        Assert.Equal(new RecordedSyscall("read", 1, 0, 5, 5, 5, 5), Assert.Single(process.Syscalls!));
        Assert.Equal(new RecordedTick(1, "R", 4096, 1, null, null, null), Assert.Single(process.Procfs!));
    }

    [Fact]
    public void Keys_that_may_be_missing_have_their_defaults()
    {
        RecordedRun run = Read($$"""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":10,"processes":[{{Process}}]}""");
        RecordedProcess process = Assert.Single(run.Processes);
        Assert.Empty(process.Execs);
        Assert.Empty(process.Counters);
        Assert.Empty(process.Collectors);
        Assert.Empty(run.Ledger);
        Assert.Null(process.Procfs);
        Assert.Null(run.Command);
        Assert.Equal("(a)", process.Program);
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("null", "null")]
    [InlineData("[]", "")]
    [InlineData("hello", "")]
    [InlineData("""{"schema":1}""", "started")]
    [InlineData("""{"schema":2,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[]}""", "schema is 2")]
    [InlineData("""{"schema":1,"started":"yesterday","durationNs":1,"processes":[]}""", "started")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1e99,"processes":[]}""", "durationNs")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[null]}""", "process 1")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[{"id":1}]}""", "pid")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[PROCESS,PROCESS]}""", "id 1")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[PROCESS,{"id":2,"parentId":3,"pid":5,"origin":"fork","startNs":0,"comm":"a","end":"exited"}]}""", "parent of process 2")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[{"id":2,"pid":5,"origin":"fork","startNs":0,"comm":null,"end":"exited"}]}""", "comm")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[{"id":2,"pid":5,"origin":"fork","startNs":0,"comm":"a","end":"exited","execs":[{"atNs":1,"path":"/a","args":[null]}]}]}""", "execs of process 2")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[{"id":2,"pid":5,"origin":"fork","startNs":0,"comm":"a","end":"exited","execs":[{"atNs":1,"args":[]}]}]}""", "path")]
    public void What_is_wrong_with_a_file_is_told_with_its_name(string json, string told)
    {
        string file = Path.Combine(_folder, "some.json");
        File.WriteAllText(file, json.Replace("PROCESS", Process, StringComparison.Ordinal));
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => TreeFile.Read(file));
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_told()
    {
        byte[] whole = Encoding.UTF8.GetBytes(
            $$"""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":10,"processes":[{{Process}}]}""");
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<InvalidDataException>(() => TreeFile.Read(new MemoryStream(whole, 0, length)));
        Assert.Single(TreeFile.Read(new MemoryStream(whole)).Processes);
    }

    [Fact]
    public void A_file_that_is_not_there_is_told_as_such() =>
        Assert.Throws<FileNotFoundException>(() => TreeFile.Read(Path.Combine(_folder, "none.json")));

    private static RecordedRun Read(string json) => TreeFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)));

    /// <summary>Every key and value of one is in the other, which may have more.</summary>
    private static void AssertContains(JsonElement expected, JsonElement actual)
    {
        Assert.Equal(expected.ValueKind, actual.ValueKind);
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in expected.EnumerateObject())
                    AssertContains(property.Value, actual.GetProperty(property.Name));
                break;
            case JsonValueKind.Array:
                Assert.Equal(expected.GetArrayLength(), actual.GetArrayLength());
                foreach ((JsonElement one, JsonElement other) in expected.EnumerateArray().Zip(actual.EnumerateArray()))
                    AssertContains(one, other);
                break;
            default:
                Assert.Equal(expected.ToString(), actual.ToString());
                break;
        }
    }
}
