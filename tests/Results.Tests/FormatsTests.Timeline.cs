using System.Text.Json;
using ForkFollow.Results.Formats;

namespace ForkFollow.Results.Tests;

/// <summary>timeline.json: by its own events, and as speedscope's importer of Chrome traces reads it.</summary>
public sealed class TimelineTests : IDisposable
{
    private readonly FormatFiles _files = new();

    public void Dispose() => _files.Dispose();

    [SkippableFact]
    public async Task Speedscope_reads_it_with_programs_inside_their_process_and_a_reused_pid_apart()
    {
        JsonElement profiles = await Readers.RunAsync(
            "imported.mjs", _files.Write(TimelineFile.Name, SampleRuns.Small()), TimelineFile.Name);
        Dictionary<string, JsonElement> tracks = profiles.EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!);
        Assert.Equal(
            ["(cc) [104] (pid 4), (cc) [104] (tid 4)", "cc [101] (pid 2), cc [101] (tid 2)", "cc [101] (pid 2), worker (102) (tid 102)",
             "cc [101] (pid 3), cc [101] (tid 3)", "sh [100] (pid 1), sh [100] (tid 1)"],
            tracks.Keys.Order(StringComparer.Ordinal));
        // Microseconds by the names of open slices; their arguments, which the importer appends, cut off.
        Assert.Equal(
            ["cc [101] 1000", "cc [101];env 1000", "cc [101];cc 38000"],
            tracks["cc [101] (pid 2), cc [101] (tid 2)"].GetProperty("stacks").EnumerateObject().Select(Times));
        Assert.Equal(
            ["cc [101] 1000", "cc [101];cc 29000"],
            tracks["cc [101] (pid 3), cc [101] (tid 3)"].GetProperty("stacks").EnumerateObject().Select(Times));
    }

    [Fact]
    public void Every_process_has_its_names_its_life_and_its_end()
    {
        List<JsonElement> events = Events(SampleRuns.Small());
        Assert.Equal(["sh [100]", "cc [101]", "cc [101]", "(cc) [104]"], Arguments(events, "process_name", "name"));
        Assert.Equal(["pid 100, launched", "pid 101, fork", "pid 101, vfork", "pid 104, fork"], Arguments(events, "process_labels", "labels"));
        Assert.Equal([1, 2, 3, 4], Of(events, "X", "process").Select(one => one.GetProperty("pid").GetInt32()));
        Assert.Equal([100, 101, 101, 104], Of(events, "X", "process").Select(one => one.GetProperty("args").GetProperty("pid").GetInt32()));
        Assert.Equal(
            ["""{"pid":100,"code":0}""", """{"pid":101,"code":3}""", """{"pid":101,"signal":9,"name":"SIGKILL","core":true}"""],
            Of(events, "i", "exit").Select(one => one.GetProperty("args").ToString()));
        Assert.Equal([0m, 11_000, 12_000, 61_000], Of(events, "i", "exec").Select(At));
    }

    [Fact]
    public void What_an_attached_process_was_found_with_is_a_program_and_no_exec()
    {
        List<JsonElement> events = Events(SampleRuns.Attached());
        Assert.Equal(["server", "later"], Of(events, "X", "exec").Select(one => one.GetProperty("name").GetString()));
        Assert.Equal([100_000m, 100_000], Of(events, "X", "exec").Select(one => one.GetProperty("dur").GetDecimal()));
        Assert.Equal(["found", "exec"], Of(events, "i", "exec").Select(one => one.GetProperty("name").GetString()));
    }

    [Fact]
    public void A_birth_is_an_arrow_from_the_parents_slice_to_the_childs()
    {
        List<JsonElement> events = Events(SampleRuns.Small());
        (int Id, int From, decimal At)[] starts = [.. Of(events, "s", "birth").Select(one => (Id(one), one.GetProperty("pid").GetInt32(), At(one)))];
        (int Id, int To, decimal At)[] ends = [.. Of(events, "f", "birth").Select(one => (Id(one), one.GetProperty("pid").GetInt32(), At(one)))];
        Assert.Equal([(2, 1, 10_000m), (3, 1, 60_000m), (4, 3, 70_000m)], starts);
        Assert.Equal([(2, 2, 10_000m), (3, 3, 60_000m), (4, 4, 70_000m)], ends);
    }

    [Fact]
    public void Counters_tell_memory_and_the_cpu_time_of_all_samples()
    {
        List<JsonElement> events = Events(SampleRuns.Small());
        Assert.Equal(
            [(1, 10_000m, 4096L), (1, 50_000m, 8192L)],
            Of(events, "C", "procfs").Where(one => one.GetProperty("name").GetString() == "RSS")
                .Select(one => (one.GetProperty("pid").GetInt32(), At(one), one.GetProperty("args").GetProperty("bytes").GetInt64())));
        // Steps of 10 ms: a value holds until the next one.
        Assert.Equal(50_000m, CpuMicroseconds(events, 0));
        Assert.Equal(30_000m, CpuMicroseconds(events, 2));
        Assert.Equal(20_000m, CpuMicroseconds(events, 3));
    }

    [Fact]
    public void Slices_of_a_track_nest_and_none_begins_before_the_run()
    {
        RecordedRun run = SampleRuns.Random(500, 2_000);
        RecordedProcess first = run.Processes[0] with { StartNs = -86_400_000_000_000, Origin = "attached" };
        run = run with { Processes = [first, .. run.Processes.Skip(1)] };
        var events = Events(run);
        Assert.All(events, one => Assert.True(At(one) >= 0));
        var lives = Of(events, "X", "process").ToDictionary(one => one.GetProperty("pid").GetInt32());
        Assert.Equal(-86_400_000_000_000, lives[1].GetProperty("args").GetProperty("startNs").GetInt64());
        foreach (JsonElement program in Of(events, "X", "exec"))
        {
            JsonElement life = lives[program.GetProperty("pid").GetInt32()];
            Assert.True(At(program) >= At(life) && End(program) <= End(life));
        }
    }

    private List<JsonElement> Events(RecordedRun run)
    {
        JsonElement file = FormatFiles.Json(_files.Write(TimelineFile.Name, run));
        Assert.Equal("ms", file.GetProperty("displayTimeUnit").GetString());
        return [.. file.GetProperty("traceEvents").EnumerateArray()];
    }

    private static IEnumerable<JsonElement> Of(List<JsonElement> events, string phase, string category) => events.Where(
        one => one.GetProperty("ph").GetString() == phase && one.GetProperty("cat").GetString() == category);

    private static IEnumerable<string?> Arguments(List<JsonElement> events, string name, string key) => events
        .Where(one => one.GetProperty("name").GetString() == name && one.GetProperty("pid").GetInt32() != 0)
        .Select(one => one.GetProperty("args").GetProperty(key).GetString());

    private static decimal CpuMicroseconds(List<JsonElement> events, int pid)
    {
        JsonElement[] steps = [.. Of(events, "C", "cpu").Where(one => one.GetProperty("pid").GetInt32() == pid)];
        Assert.Equal(0, steps[^1].GetProperty("args").GetProperty("CPUs").GetDecimal());
        return steps.Zip(steps.Skip(1), (one, next) => one.GetProperty("args").GetProperty("CPUs").GetDecimal() * (At(next) - At(one))).Sum();
    }

    private static int Id(JsonElement one) => one.GetProperty("id").GetInt32();

    private static decimal At(JsonElement one) => one.GetProperty("ts").GetDecimal();

    private static decimal End(JsonElement one) => At(one) + one.GetProperty("dur").GetDecimal();

    private static string Times(JsonProperty stack) =>
        string.Join(';', stack.Name.Split(';').Where(part => part.Contains('{') || !part.Contains('}')).Select(part => part.Split(" {")[0]))
        + " " + stack.Value.GetDouble();
}
