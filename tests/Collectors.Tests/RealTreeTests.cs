using System.Text.Json;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>tree.json of real runs, against its schema (docs/results.md).</summary>
public sealed class RealTreeTests : IDisposable
{
    private static readonly JsonSerializerOptions _camelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly string _folder = Directory.CreateTempSubdirectory("tree-file-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_has_every_key_of_the_schema_with_its_type()
    {
        JsonElement run = await RunAsync("/bin/sh", "-c", "(exit 3); /bin/true | /bin/cat; kill -9 $$");
        Check(run, "schema:Number forkfollow:String started:String durationNs:Number cpus:Number command:Array processes:Array tree:Object follower:Object ledger:Array");
        Check(run.GetProperty("tree"), "startNs:Number endNs:Number");
        Check(run.GetProperty("follower"), "stops:Number births:Number threadBirths:Number execs:Number heldNs:Object");
        Check(run.GetProperty("follower").GetProperty("heldNs"), "p50:Number p99:Number max:Number");
        foreach (JsonElement process in run.GetProperty("processes").EnumerateArray())
        {
            Check(
                process,
                "id:Number parentId:Number|Null pid:Number parentPid:Number origin:String startNs:Number endNs:Number "
                + "name:String executable:String comm:String execs:Array threads:Number exit:Object end:String rusage:Object counters:Object samples:Number lost:Number collectors:Array");
            Check(
                process.GetProperty("rusage"),
                "userNs:Number systemNs:Number maxRssBytes:Number minorFaults:Number majorFaults:Number "
                + "voluntarySwitches:Number|Null involuntarySwitches:Number|Null stops:Number");
            foreach (JsonElement exec in process.GetProperty("execs").EnumerateArray())
                Check(exec, "atNs:Number path:String args:Array name:String");
        }
    }

    [Fact]
    public async Task Ids_are_in_birth_order_parents_come_first_and_times_are_in_order()
    {
        JsonElement run = await RunAsync("/bin/sh", "-c", "for i in 1 2 3; do (/bin/true; /bin/true); done; exit 5");
        List<JsonElement> processes = [.. run.GetProperty("processes").EnumerateArray()];
        Assert.Equal(Enumerable.Range(1, processes.Count), processes.Select(process => Int(process, "id")));
        Assert.Equal(JsonValueKind.Null, processes[0].GetProperty("parentId").ValueKind);
        Assert.Equal("launched", processes[0].GetProperty("origin").GetString());
        Assert.Equal(5, processes[0].GetProperty("exit").GetProperty("code").GetInt32());
        Assert.Equal(
            processes[0].GetProperty("startNs").GetInt64(),
            processes[0].GetProperty("execs")[0].GetProperty("atNs").GetInt64());
        foreach (JsonElement process in processes.Skip(1))
        {
            JsonElement parent = processes[Int(process, "parentId") - 1];
            Assert.Equal(Int(parent, "pid"), Int(process, "parentPid"));
            Assert.InRange(
                process.GetProperty("startNs").GetInt64(),
                parent.GetProperty("startNs").GetInt64(),
                process.GetProperty("endNs").GetInt64());
        }
    }

    [Fact]
    public async Task A_death_by_signal_is_told_with_its_name()
    {
        JsonElement run = await RunAsync("/bin/sh", "-c", "kill -9 $$");
        JsonElement exit = run.GetProperty("processes")[0].GetProperty("exit");
        Check(exit, "signal:Number name:String core:False");
        Assert.Equal(9, Int(exit, "signal"));
        Assert.Equal("SIGKILL", exit.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("a \"quoted\" \\ argument")]
    [InlineData("line\nbreak \u001b[31m and </script>")]
    [InlineData("höhe 日本 🎈")]
    [InlineData("")]
    public async Task Arguments_read_back_as_they_were(string argument)
    {
        JsonElement run = await RunAsync("/bin/sh", "-c", ":", argument, "");
        Assert.Equal(
            ["/bin/sh", "-c", ":", argument, ""],
            run.GetProperty("processes")[0].GetProperty("execs")[0].GetProperty("args").EnumerateArray().Select(one => one.GetString()));
    }

    [Fact]
    public async Task It_reads_back_as_it_was_written()
    {
        (RunResults results, _) = await Runs.FollowAsync(
            [new RusageCollector()], "/bin/sh", "-c", "(exit 3); /bin/true '\u001b[31m </script>'; kill -9 $$");
        using (ResultDirectory directory = ResultDirectory.Open(_folder))
            TreeFile.Write(directory, results);
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

    private static int Int(JsonElement element, string key) => element.GetProperty(key).GetInt32();

    /// <summary>Compares the keys of an object and the kinds of their values with <c>key:Kind|Kind key:Kind …</c>.</summary>
    private static void Check(JsonElement element, string expected)
    {
        Dictionary<string, string> kinds = expected.Split(' ').Select(pair => pair.Split(':')).ToDictionary(p => p[0], p => p[1]);
        Assert.Equal(kinds.Keys.Order(), element.EnumerateObject().Select(property => property.Name).Order());
        foreach (JsonProperty property in element.EnumerateObject())
            Assert.Contains(property.Value.ValueKind.ToString(), kinds[property.Name].Split('|'));
    }

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

    private async Task<JsonElement> RunAsync(params string[] command)
    {
        (RunResults results, _) = await Runs.FollowAsync([new RusageCollector()], command);
        using (ResultDirectory directory = ResultDirectory.Open(_folder))
            TreeFile.Write(directory, results);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, TreeFile.Name)));
        return document.RootElement.Clone();
    }
}
