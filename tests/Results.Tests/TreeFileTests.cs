using System.Text;
using System.Text.Json;

namespace ForkFollow.Results.Tests;

/// <summary>tree.json by itself: what is written reads back, what a newer version may write too, and what is none is told.</summary>
public sealed class TreeFileTests : IDisposable
{
    private const string Process =
        """{"id":1,"parentId":null,"pid":5,"origin":"launched","startNs":0,"endNs":9,"comm":"a","end":"exited"}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("tree-file-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_reads_back_as_it_was_written()
    {
        RecordedRun run = SampleRuns.Small() with { Follower = new(1, 2, 3, 4, new(5, 6, 7)) };
        RecordedRun again = Again(run);
        Assert.Equal(JsonSerializer.Serialize(run with { Profile = Profile.Empty }), JsonSerializer.Serialize(again));
        Assert.Same(Profile.Empty, again.Profile);
    }

    [Fact]
    public void What_was_attached_reads_back_and_the_tree_has_its_own_span()
    {
        RecordedRun run = SampleRuns.Attached();
        RecordedRun again = Again(run);
        Assert.Equal(JsonSerializer.Serialize(run), JsonSerializer.Serialize(again));
        Assert.Equal(new(50_000_000, 250_000_000), again.Tree);
        using var output = new MemoryStream();
        TreeFile.Write(output, run);
        JsonElement root = JsonDocument.Parse(output.ToArray()).RootElement;
        Assert.Equal("{\"startNs\":50000000,\"endNs\":250000000}", root.GetProperty("tree").GetRawText());
        JsonElement attached = root.GetProperty("processes")[0];
        Assert.Equal("{\"atNs\":50000000,\"path\":\"/usr/sbin/server\",\"args\":[\"server: idle\"],\"name\":\"server\"}", attached.GetProperty("found").GetRawText());
        Assert.Equal(1, attached.GetProperty("execs").GetArrayLength());
        Assert.False(root.GetProperty("processes")[1].TryGetProperty("found", out _));
        Assert.Equal("later", run.Processes[0].Name);
        Assert.Equal("server", (run.Processes[0] with { Execs = [] }).Name);
    }

    [Fact]
    public void Who_is_alive_at_our_end_is_in_the_tree_until_then()
    {
        MadeRun run = new(["sh"]);
        run.Begin(origin: "launched").Exec("/bin/sh", "sh").End(endNs: 5);
        run.Begin();
        Write(run);
        RecordedRun read = TreeFile.Read(Path.Combine(_folder, TreeFile.Name));
        Assert.Equal(read.DurationNs, read.Tree.EndNs);
    }

    [Fact]
    public void A_run_that_goes_on_reads_back_as_far_as_it_has_come()
    {
        MadeRun run = new(["sh"]);
        MadeProcess shell = run.Begin(origin: "launched").Exec("/bin/sh", "sh");
        shell.DotNet = SampleRuns.SmallRuntime();
        run.Begin(shell).End(new(3));
        run.Note("escaped", 7, "A child escaped.");
        Write(run);
        RecordedRun read = TreeFile.Read(Path.Combine(_folder, TreeFile.Name));
        Assert.Equal(["alive", "exited"], read.Processes.Select(process => process.End));
        Assert.Equal(3, read.Processes[1].Exit!.Code);
        Assert.Equal(JsonSerializer.Serialize(SampleRuns.SmallRuntime()), JsonSerializer.Serialize(read.Processes[0].DotNet));
        Assert.Equal(new RecordedNote("escaped", 7, "A child escaped."), Assert.Single(read.Ledger));
    }

    [Fact]
    public void What_the_ledger_has_only_counted_is_told_by_kind()
    {
        MadeRun run = new() { Omitted = [("fault", 5_000_000_000)] };
        run.Note("fault", 7, "One.");
        Write(run);
        RecordedRun read = TreeFile.Read(Path.Combine(_folder, TreeFile.Name));
        Assert.Equal(
            [new("fault", 7, "One."), new RecordedNote("fault", 0, "5000000000 more of this kind were counted and not kept", 5_000_000_000)],
            read.Ledger);
    }

    [Fact]
    public void It_is_for_its_owner_only_and_replaces_the_one_before_whole()
    {
        string file = Path.Combine(_folder, TreeFile.Name);
        File.WriteAllText(file, new string('x', 100_000));
        Write(new());
        Assert.Empty(TreeFile.Read(file).Processes);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
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
        Assert.Equal(("(a)", ""), (process.Name, process.Executable));
    }

    [Theory]
    [InlineData("", "line 1, column 1;")]
    [InlineData("null", "null")]
    [InlineData("[]", "")]
    [InlineData("hello", "")]
    [InlineData("""{"schema":1}""", "missing at line 1, ")]
    [InlineData("""{"schema":2,"runs":[]}""", "schema is 2")]
    [InlineData("""{"schema":99999999999999999999}""", "schema is 99999999999999999999")]
    [InlineData("""{"schema":2,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[]}""", "schema is 2")]
    [InlineData("""{"schema":1,"started":"yesterday","durationNs":1,"processes":[]}""", "started")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1e99,"processes":[]}""", "durationNs")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[null]}""", "process 1")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[{"id":1}]}""", "processes[0]")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[PROCESS,PROCESS]}""", "id 1")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[PROCESS,{"id":2,"parentId":3,"pid":5,"origin":"fork","startNs":0,"comm":"a","end":"exited"}]}""", "parent of process 2")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[{"id":2,"pid":5,"origin":"fork","startNs":0,"comm":null,"end":"exited"}]}""", "comm")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[{"id":2,"pid":5,"origin":"fork","startNs":0,"comm":"a","end":"exited","execs":[{"atNs":1,"path":"/a","args":[null]}]}]}""", "execs of process 2")]
    [InlineData("""{"schema":1,"started":"2026-03-04T05:06:07Z","durationNs":1,"processes":[{"id":2,"pid":5,"origin":"fork","startNs":0,"comm":"a","end":"exited","execs":[{"atNs":1,"args":[]}]}]}""", "processes[0].execs[0]")]
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

    private void Write(MadeRun run)
    {
        using ResultDirectory directory = ResultDirectory.Open(_folder);
        TreeFile.Write(directory, run);
    }

    private static RecordedRun Read(string json) => TreeFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)));

    private static RecordedRun Again(RecordedRun run)
    {
        using var written = new MemoryStream();
        TreeFile.Write(written, run);
        written.Position = 0;
        return TreeFile.Read(written);
    }
}
