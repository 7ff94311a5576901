using System.Text.Json;
using ForkFollow.Results.Formats;

namespace ForkFollow.Results.Tests;

/// <summary>Result files as others read them: speedscope, Datadog's pprof reader, protoc, the Firefox Profiler.</summary>
public sealed class FormatsReaderTests : IDisposable
{
    private const double Nano = 1;

    private readonly FormatFiles _files = new();

    public void Dispose() => _files.Dispose();

    [SkippableFact]
    public async Task Speedscope_reads_its_own_format()
    {
        JsonElement profiles = await Readers.RunAsync("speedscope.mjs", _files.Write(SpeedscopeFile.Name, SampleRuns.Small()));
        Assert.Equal(
            ["cc [101.2] cc (101)", "cc [101.2] worker (102)", "cc [101.3] cc (101)"],
            profiles.EnumerateArray().Select(profile => profile.GetProperty("name").GetString()));
        AssertStacks(profiles[0], Nano, ("main;parse(char const*)", 20_000_000));
        AssertStacks(profiles[1], Nano, ("Program.Main", 10_000_000));
        AssertStacks(profiles[2], Nano, ("main;parse(char const*);do_syscall_64", 10_000_000));
        Assert.Equal(20_000_000, profiles[2].GetProperty("total").GetDouble());
        Assert.Equal("nanoseconds", profiles[0].GetProperty("unit").GetString());
    }

    [SkippableFact]
    public async Task Speedscope_reads_thousands_of_threads_as_a_thousand_and_one_profiles()
    {
        RecordedRun run = SampleRuns.Random(1_500, 10_000);
        JsonElement profiles = await Readers.RunAsync("speedscope.mjs", _files.Write(SpeedscopeFile.Name, run));
        Assert.Equal(SpeedscopeFile.MaxProfiles + 1, profiles.GetArrayLength());
        Assert.EndsWith("more threads", profiles[SpeedscopeFile.MaxProfiles].GetProperty("name").GetString());
        Assert.Equal(
            run.Profile.Samples.Sum(sample => sample.Weight),
            profiles.EnumerateArray().Sum(profile => profile.GetProperty("total").GetDouble()), tolerance: 1);
    }

    [SkippableFact]
    public async Task Speedscope_reads_folded_stacks()
    {
        JsonElement profiles = await Readers.RunAsync(
            "imported.mjs", _files.Write(FoldedFile.Name, SampleRuns.Small()), "profile.collapsedstack.txt");
        AssertStacks(
            profiles[0], 1,
            ("cc-101.2;cc/101;main;parse(char const*)", 2),
            ("cc-101.2;worker/102;Program.Main_[j]", 1),
            ("cc-101.3;cc/101;main;parse(char const*);do_syscall_64_[k]", 1),
            ("cc-101.3;cc/101", 1));
    }

    [SkippableFact]
    public async Task Datadogs_reader_reads_pprof()
    {
        JsonElement profile = await Readers.RunAsync("pprof.mjs", _files.Write(PprofFile.Name, SampleRuns.Small()));
        Assert.Equal(
            ["samples/count", "cpu/nanoseconds", "waits/count", "offcpu/nanoseconds", "runqueue/nanoseconds", "sched:sched_process_exec/count"],
            Strings(profile, "types"));
        Assert.Equal(["ForkFollow 1.2.3", "command: sh -c 'cc a.c; cc b.c'"], Strings(profile, "comments"));
        Assert.Equal("/usr/bin/cc 0123456789abcdef0123456789abcdef01234567", Strings(profile, "mappings").First());
        Assert.Equal(10_000_000, profile.GetProperty("period").GetInt64());
        Assert.Equal(100_000_000, profile.GetProperty("durationNanos").GetInt64());
        Assert.Equal(SampleRuns.Started.ToUnixTimeMilliseconds() + "000000", profile.GetProperty("timeNanos").GetString());
        Dictionary<string, long[]> stacks = profile.GetProperty("stacks").EnumerateObject().ToDictionary(
            stack => stack.Name, stack => stack.Value.EnumerateArray().Select(value => value.GetInt64()).ToArray());
        Assert.Equal([2, 20_000_000, 0, 0, 0, 0], stacks["cc;101;2;cc;101;main;parse(char const*)"]);
        Assert.Equal([1, 10_000_000, 0, 0, 0, 0], stacks["cc;101;2;worker;102;Program.Main"]);
        Assert.Equal([0, 0, 4, 20_000_000, 1_000_000, 7], stacks["cc;101;2;cc;101;main;parse(char const*);do_syscall_64"]);
        Assert.Equal([1, 10_000_000, 0, 0, 0, 0], stacks["cc;101;3;cc;101"]);
    }

    [SkippableFact]
    public async Task Protoc_decodes_pprof()
    {
        Machine.Need(Machine.Tool("protoc"));
        string file = _files.Write(PprofFile.Name, SampleRuns.Random(50, 1_000));
        string text = await Readers.ExecuteAsync(
            Readers.ProtocolFolder, "protoc", ["--decode=perftools.profiles.Profile", "profile.proto"], FormatFiles.Content(file));
        Assert.Equal(Profile(file).Sample.Count, text.Split('\n').Count(line => line == "sample {"));
        Assert.Contains("string_table: \"\"", text, StringComparison.Ordinal);
        // What the message does not know is shown as a bare field number.
        Assert.DoesNotMatch(@"(?m)^\s*\d+[:{ ]", text);
    }

    [Fact]
    public void Pprof_is_valid_by_its_own_rules()
    {
        Perftools.Profiles.Profile profile = Profile(_files.Write(PprofFile.Name, SampleRuns.Random(300, 10_000)));
        Assert.Equal("", profile.StringTable[0]);
        HashSet<ulong> mappings = [.. profile.Mapping.Select(one => one.Id)];
        HashSet<ulong> functions = [.. profile.Function.Select(one => one.Id)];
        HashSet<ulong> locations = [.. profile.Location.Select(one => one.Id)];
        Assert.Equal((profile.Mapping.Count, profile.Function.Count, profile.Location.Count), (mappings.Count, functions.Count, locations.Count));
        Assert.DoesNotContain(0UL, mappings.Concat(functions).Concat(locations));
        Assert.All(profile.Location, one => Assert.Contains(one.MappingId, mappings));
        Assert.All(profile.Location, one => Assert.Contains(Assert.Single(one.Line).FunctionId, functions));
        Assert.All(profile.Sample, one => Assert.Equal(profile.SampleType.Count, one.Value.Count));
        Assert.All(profile.Sample.SelectMany(one => one.LocationId).Distinct(), id => Assert.Contains(id, locations));
        Assert.All(
            profile.Sample.SelectMany(one => one.Label).SelectMany(one => (long[])[one.Key, one.Str]).Distinct(),
            index => Assert.InRange(index, 0, profile.StringTable.Count - 1));
        Assert.All(profile.Location, one => Assert.True(one.Address < profile.Mapping.Single(map => map.Id == one.MappingId).MemoryLimit));
    }

    [SkippableFact]
    public async Task The_firefox_profiler_loads_and_upgrades_its_format()
    {
        string file = _files.Write(FirefoxFile.Name, SampleRuns.Small());
        FirefoxStructure.Check(FormatFiles.Json(file));
        JsonElement profile = await Readers.RunAsync("firefox.mjs", file);
        Assert.StartsWith("sh -c 'cc a.c; cc b.c'", profile.GetProperty("name").GetString());
        Assert.Equal(4, profile.GetProperty("processCount").GetInt32());
        Dictionary<string, JsonElement> threads = profile.GetProperty("threads").EnumerateArray().ToDictionary(
            thread => $"{thread.GetProperty("pid").GetString()}/{thread.GetProperty("tid").GetString()}");
        Assert.Equal(["100/100", "101.2/101", "101.2/102", "101.3/101", "104/104"], threads.Keys.Order());
        AssertStacks(threads["101.2/101"], 1, ("main;parse(char const*)", 20));
        AssertStacks(threads["101.2/102"], 1, ("Program.Main", 10));
        AssertStacks(threads["101.3/101"], 1, ("main;parse(char const*);do_syscall_64", 10));
        Assert.Equal(20, threads["101.2/101"].GetProperty("cpuMs").GetDouble(), tolerance: 0.01);
        Assert.Equal(20, threads["101.3/101"].GetProperty("cpuMs").GetDouble(), tolerance: 0.01);
        Assert.Equal("worker", threads["101.2/102"].GetProperty("name").GetString());
        Assert.Equal(
            ["exec env: env cc", "exec cc: cc a.c", "exit: exit code 3"], Strings(threads["101.2/101"], "markers"));
        Assert.Equal(["exec cc: cc b.c", "exit: killed by SIGKILL, core dumped"], Strings(threads["101.3/101"], "markers"));
        Assert.Equal(60, threads["101.3/101"].GetProperty("start").GetDouble());
        Assert.Equal(90, threads["101.3/101"].GetProperty("end").GetDouble());
    }

    internal static void AssertStacks(JsonElement profile, double tolerance, params (string Stack, double Weight)[] expected)
    {
        JsonElement stacks = profile.GetProperty("stacks");
        Assert.Equal(expected.Select(one => one.Stack).Order(), stacks.EnumerateObject().Select(one => one.Name).Order());
        foreach ((string stack, double weight) in expected)
            Assert.Equal(weight, stacks.GetProperty(stack).GetDouble(), tolerance / 1000);
    }

    private static Perftools.Profiles.Profile Profile(string file) =>
        Perftools.Profiles.Profile.Parser.ParseFrom(FormatFiles.Content(file));

    private static IEnumerable<string?> Strings(JsonElement holder, string key) =>
        holder.GetProperty(key).EnumerateArray().Select(one => one.GetString());
}
