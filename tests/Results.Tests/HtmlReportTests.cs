using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ForkFollow.Results.Formats;
using Xunit.Abstractions;

namespace ForkFollow.Results.Tests;

/// <summary>The data in report.html, without a browser.</summary>
public sealed partial class HtmlReportTests(ITestOutputHelper log)
{
    internal static readonly string[] HostileNames =
    [
        "</script><script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>", "\x1b[31mred\x1b]0;title\a", "gnp.\u202Eexe",
        new string('n', 10_000), "half\ud83d", "\ude00half", "--><!--", "]]>", "\u2028\u2029\0", "<script", "' \" ` & \\", "${7*7}{{7*7}}",
    ];

    private const long Bytes10000 = 3_000_000;

    [GeneratedRegex("<script type=\"application/json\" id=\"run\">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Data { get; }

    internal static string Page(RecordedRun run)
    {
        Machine.Need(Machine.Page(HtmlReport.Refusal is null));
        using var stream = new MemoryStream();
        HtmlReport.Write(stream, run);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonElement DataOf(string page) => JsonDocument.Parse(Data.Match(page).Groups[1].Value).RootElement;

    private static string Text(JsonElement data, JsonElement index) => data.GetProperty("strings")[index.GetInt32()].GetString()!;

    [SkippableFact]
    public void What_is_embedded_parses_back()
    {
        RecordedRun run = SyntheticRuns.Build();
        JsonElement data = DataOf(Page(run));
        JsonElement processes = data.GetProperty("processes");
        Assert.Equal(run.Processes.Select(p => p.Id), processes.GetProperty("id").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(run.Processes.Select(p => p.Name), processes.GetProperty("name").EnumerateArray().Select(i => Text(data, i)));
        Assert.Equal(run.Processes.Select(p => p.EndNs),
            processes.GetProperty("end").EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Null ? (long?)null : e.GetInt64()));
        Assert.Equal(run.Processes.SelectMany(p => p.Execs).SelectMany(e => e.Args),
            data.GetProperty("execs").GetProperty("args").EnumerateArray().Select(i => Text(data, i)));
        Assert.Equal(run.Tree.WallNs, data.GetProperty("durationNs").GetInt64());
    }

    [SkippableFact]
    public void Times_count_from_the_beginning_of_the_tree_and_what_was_found_is_no_exec()
    {
        JsonElement data = DataOf(Page(SampleRuns.Attached()));
        Assert.Equal((200_000_000, 400_000_000, 50_000_000), (Int("durationNs"), Int("ownNs"), Int("startNs")));
        JsonElement processes = data.GetProperty("processes");
        Assert.Equal([0, 50_000_000], Ints(processes.GetProperty("start")));
        Assert.Equal([200_000_000, 150_000_000], Ints(processes.GetProperty("end")));
        Assert.Equal("[-3600050000000,null]", processes.GetProperty("born").GetRawText());
        Assert.Equal([4, 0], Ints(processes.GetProperty("stops")));
        Assert.Equal([0, 100_000_000], Ints(data.GetProperty("execs").GetProperty("at")));
        Assert.Equal([2, 0], Ints(data.GetProperty("execs").GetProperty("count")));

        int Int(string name) => data.GetProperty(name).GetInt32();
    }

    [SkippableFact]
    public void Runtimes_have_columns_and_tables()
    {
        JsonElement data = DataOf(Page(SampleRuns.Small()));
        JsonElement processes = data.GetProperty("processes");
        Assert.Equal("10.0.1", Text(data, processes.GetProperty("runtime")[1]));
        Assert.Equal(-1, processes.GetProperty("runtime")[0].GetInt32());
        Assert.Equal(9, processes.GetProperty("gcs")[1].GetInt32());
        Assert.Equal(JsonValueKind.Null, processes.GetProperty("gcs")[0].ValueKind);
        Assert.Equal([0, 2, 0, 0], Ints(data.GetProperty("thrown").GetProperty("rows")));
        Assert.Equal([0, 2, 0, 0], Ints(data.GetProperty("runtimeTicks").GetProperty("rows")));
        Assert.False(DataOf(Page(SyntheticRuns.Empty())).GetProperty("processes").TryGetProperty("runtime", out _));
    }

    [SkippableFact]
    public void No_weight_is_lost_when_stacks_are_merged()
    {
        RecordedRun run = SyntheticRuns.Build();
        JsonElement profile = DataOf(Page(run)).GetProperty("profile");
        Assert.Equal(["cpu", "wait", "run-queue", "sched:sched_process_fork"],
            profile.GetProperty("metrics").EnumerateArray().Select(m => m.GetProperty("name").GetString()));
        Assert.Equal(run.Profile.Samples.Sum(s => s.Weight),
            profile.GetProperty("metrics")[0].GetProperty("weight").EnumerateArray().Sum(w => w.GetInt64()));
        Assert.Equal(run.Profile.Samples.Sum(s => s.Weight),
            profile.GetProperty("timeline").GetProperty("cpuNs").EnumerateArray().Sum(w => w.GetInt64()));
        Assert.Equal(run.Profile.Waits.Sum(w => w.WaitNs),
            profile.GetProperty("metrics")[1].GetProperty("weight").EnumerateArray().Sum(w => w.GetInt64()));
    }

    [SkippableFact]
    public void Frames_of_one_function_at_two_addresses_are_one()
    {
        RecordedRun run = SyntheticRuns.Empty() with
        {
            Profile = new()
            {
                CpuEvent = "cpu-clock",
                Frequency = 99,
                Modules = [new("/bin/a", "", FrameKind.User), new("/bin/b", "", FrameKind.User)],
                Frames = [new("main", 0, 1), new("f", 0, 10), new("f", 0, 20), new("f", 1, 10)],
                Stacks = new([0, 0, 1, 1, 1], [-1, 0, 1, 2, 3]),
                Threads = [new(1, 1001, "true")],
                Samples = [new(0, 0, 2, 1), new(1, 0, 3, 2), new(2, 0, 4, 4)],
            },
        };
        JsonElement profile = DataOf(Page(run)).GetProperty("profile");
        Assert.Equal([0, 0, 1, 1], Ints(profile.GetProperty("stacks").GetProperty("parent")));
        Assert.Equal([3, 4], Ints(profile.GetProperty("metrics")[0].GetProperty("weight")));
    }

    [SkippableFact]
    public void Hostile_names_do_not_leave_the_data()
    {
        string page = Page(SyntheticRuns.Hostile(HostileNames));
        string data = Data.Match(page).Groups[1].Value;
        Assert.DoesNotContain('<', data);
        Assert.DoesNotContain('>', data);
        Assert.DoesNotContain('&', data);
        Assert.All(data, c => Assert.InRange(c, ' ', '~'));
        JsonElement root = DataOf(page);
        Assert.Equal(Page(SyntheticRuns.Empty()).Split("</script>").Length, page.Split("</script>").Length);
        Assert.Equal(HostileNames[0], root.GetProperty("version").GetString());
        Assert.Equal("half\ufffd", Text(root, root.GetProperty("processes").GetProperty("comm")[5]));
    }

    [SkippableFact]
    public void One_run_gives_one_page() => Assert.Equal(Page(SyntheticRuns.Build()), Page(SyntheticRuns.Build()));

    [SkippableFact]
    public void The_page_loads_nothing_and_carries_the_licences()
    {
        string page = Page(SyntheticRuns.Empty());
        Assert.Contains("default-src 'none'; script-src 'sha256-", page, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", Regex.Match(page, "Content-Security-Policy[^>]*>").Value, StringComparison.Ordinal);
        foreach (string library in (string[])["echarts", "zrender", "d3-flame-graph", "tabulator-tables"])
            Assert.Contains($"{{\"name\":\"{library}\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@@", page, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Ten_thousand_processes_stay_small()
    {
        using var stream = new MemoryStream();
        HtmlReport.WriteData(stream, SyntheticRuns.Large(10_000, 0));
        log.WriteLine($"{stream.Length / 10_000} bytes per process");
        Assert.InRange(stream.Length, 1, Bytes10000);
    }

    private static IEnumerable<int> Ints(JsonElement array) => array.EnumerateArray().Select(value => value.GetInt32());
}
