using System.Text;
using System.Text.Json;
using ForkFollow.Follower;
using ForkFollow.Results;
using ForkFollow.Results.Formats;
using Microsoft.Playwright;

namespace ForkFollow.Collectors.Tests;

/// <summary>Values and tables of others' collectors, in tree.json and in the page.</summary>
public sealed class ReportValuesTests : ReportPageTests
{
    [Fact]
    public void They_come_back_from_tree_json_as_they_were()
    {
        using var stream = new MemoryStream();
        TreeFile.Write(stream, Run());
        stream.Position = 0;
        RecordedRun read = TreeFile.Read(stream);
        Assert.Equal(Run().Processes[1].Values, read.Processes[1].Values);
        ResultTable before = Run().Processes[1].Tables![0];
        ResultTable after = read.Processes[1].Tables![0];
        Assert.Equal(before.Name, after.Name);
        Assert.Equal(before.Columns, after.Columns);
        Assert.Equal(before.Rows.Select(row => row.ToArray()), after.Rows.Select(row => row.ToArray()));
        Assert.Null(read.Processes[0].Values);
    }

    [Theory]
    [InlineData(""" "values": [ null ] """)]
    [InlineData(""" "values": [ { "name": "a", "value": true, "unit": "" } ] """)]
    [InlineData(""" "values": [ { "name": null, "value": 1, "unit": "" } ] """)]
    [InlineData(""" "tables": [ { "name": "a", "columns": [ { "name": "b", "unit": "" } ], "rows": [ [ 1, 2 ] ] } ] """)]
    [InlineData(""" "tables": [ { "name": "a", "columns": [ null ], "rows": [ [ 1 ] ] } ] """)]
    [InlineData(""" "tables": [ { "name": "a", "columns": [ { "name": "b", "unit": "" } ], "rows": [ null ] } ] """)]
    public void A_file_in_which_they_are_not_whole_is_refused(string keys)
    {
        string text = $$"""
            { "schema": 1, "started": "2026-01-01T00:00:00Z", "durationNs": 1,
              "processes": [ { "id": 1, "pid": 1, "origin": "fork", "startNs": 0, "comm": "a", "end": "exited", {{keys}} } ] }
            """;
        Assert.Throws<InvalidDataException>(() => TreeFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void A_value_and_a_table_are_replaced_by_those_of_the_same_name()
    {
        LiveProcess process = new ProcessResult(new RunResults(null), 0);
        process.SetValue("app.a", 1);
        process.SetValue("app.b", "x", "By");
        process.SetValue("app.a", 2, "s");
        process.SetTable(new("app.t", [], []));
        process.SetTable(new("app.t", [new("n")], [[1]]));
        Assert.Equal([new("app.b", "x", "By"), new ResultValue("app.a", 2, "s")], process.Values);
        Assert.Single(Assert.Single(process.Tables).Columns);
        Assert.Throws<ArgumentException>(() => process.SetTable(new("app.t", [new("n")], [[1, 2]])));
        Assert.Throws<ArgumentException>(() => process.SetTable(new("", [], [])));
        Assert.Throws<ArgumentException>(() => process.SetValue(" ", 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => process.SetValue("app.a", double.NaN));
    }

    /// <summary>Else telemetry, which waits for that, would not have what the last one adds.</summary>
    [Fact]
    public async Task A_process_is_closed_only_when_the_last_of_its_collectors_is()
    {
        (RunResults results, _) = await Runs.FollowAsync([new RusageCollector(), new Adding()], "/bin/sh", "-c", "/bin/true; :");
        Assert.Equal(2, results.Count);
        foreach (ProcessResult result in results.ToList())
        {
            Assert.Equal([new ResultValue("app.closed.before", "False")], result.Values);
            Assert.True(result.IsClosed);
        }
    }

    [Fact]
    public void A_run_without_any_has_no_columns_of_them()
    {
        JsonElement data = Data(SyntheticRuns.Build());
        Assert.False(data.TryGetProperty("values", out _) || data.TryGetProperty("tables", out _));
    }

    [Fact]
    public void Of_a_long_table_the_page_has_500_rows()
    {
        RecordedRun run = Run() with
        {
            Processes = [SyntheticRuns.Process(1, null, "a", 0, 1) with { Tables = [new("app.long", [new("n")], [.. Enumerable.Repeat((ResultCell[])[1], 600)])] }],
        };
        JsonElement tables = Data(run).GetProperty("tables");
        Assert.Equal(500, tables.GetProperty("number").GetArrayLength());
        Assert.Equal(100, tables.GetProperty("rowsLeftOut")[0].GetInt32());
    }

    [SkippableFact]
    public async Task A_process_has_its_own_in_its_details()
    {
        IPage page = await OpenAsync(Run(), 1280, 1600);
        await page.ClickAsync(".row[data-process='2'] .name");
        string details = (await page.InnerTextAsync("#details")).Replace('\u202f', ' ');
        foreach (string told in (string[])["app.wait.time", "12.3 ms", "12 345 hit", "4.00 KiB", "12.5 %", "0.9877", "fast", "app.rules", "and 41 more rows"])
            Assert.Contains(told, details, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(["rule", "time", "runs"], await page.Locator("#details thead th").AllInnerTextsAsync());
        Assert.Equal(["rule 0", "1.00 ms", "0"], await page.Locator("#details tbody tr").First.Locator("td").AllInnerTextsAsync());
        Assert.Equal(1280, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.querySelector('#details').scrollWidth - document.querySelector('#details').clientWidth"));
        if (Environment.GetEnvironmentVariable("FORKFOLLOW_SHOTS") is { } shots)
            await page.ScreenshotAsync(new() { Path = $"{shots}/values.png" });

        await page.ClickAsync(".row[data-process='1'] .name");
        Assert.DoesNotContain("app.", await page.InnerTextAsync("#details"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Hostile_ones_are_shown_and_do_nothing()
    {
        string[] names = [.. HtmlReportTests.HostileNames, "constructor", "__proto__", "{<b>}"];
        RecordedRun run = Run() with
        {
            Processes =
            [
                SyntheticRuns.Process(1, null, "a", 0, SyntheticRuns.Ms) with
                {
                    Values = [.. names.Select((name, i) => new ResultValue(name, i % 2 == 0 ? name : 1e300, name)), new("app.less", -1e-9, "s")],
                    Tables = [.. names.Select(name => new ResultTable(name, [new(name, name), new(name)], [[name, 1], [-2.5, name]])), new("app.none", [], [[], []])],
                },
            ],
        };
        IPage page = await OpenAsync(run);
        await page.ClickAsync(".row[data-process='1'] .name");
        await page.WaitForTimeoutAsync(100); // what a handler of an image would need
        string details = await page.InnerTextAsync("#details");
        Assert.Contains("<img src=x onerror=window.pwned=1>", details, StringComparison.Ordinal);
        Assert.Contains("⟨ESC⟩[31mred", details, StringComparison.Ordinal);
        Assert.Contains("⟨U+202E⟩", details, StringComparison.Ordinal);
        Assert.Null(await page.EvaluateAsync<object?>("window.pwned"));
        Assert.Equal(0, await page.Locator("#details img, #details b, #details script").CountAsync());
        Assert.Equal(1280, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    private sealed class Adding(Collector? parent = null) : Collector(parent)
    {
        public override string Name => "adding";

        protected override Collector MakeAlike() => new Adding(this);

        protected override bool OnOpen(FollowedProcess process) => true;

        protected override void OnClose(ProcessResult result) => result.SetValue("app.closed.before", result.IsClosed.ToString());
    }

    private static JsonElement Data(RecordedRun run)
    {
        using var stream = new MemoryStream();
        HtmlReport.WriteData(stream, run);
        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    private static RecordedRun Run() => SyntheticRuns.Empty() with
    {
        Processes =
        [
            SyntheticRuns.Process(1, null, "sh", 0, 2 * SyntheticRuns.Ms),
            SyntheticRuns.Process(2, 1, "make", 0, 2 * SyntheticRuns.Ms) with
            {
                Values =
                [
                    new("app.wait.time", 0.0123, "s"), new("app.cache.hits", 12_345, "{hit}"), new("app.cache.size", 4096, "By"),
                    new("app.cache.share", 12.5, "%"), new("app.ratio", 0.98765, "1"), new("app.mode", "fast"),
                ],
                Tables =
                [
                    new("app.rules", [new("rule"), new("time", "s"), new("runs", "{run}")],
                        [.. Enumerable.Range(0, 541).Select(i => (ResultCell[])[$"rule {i}", (i + 1) / 1000.0, i * 7])]),
                ],
            },
        ],
    };
}
