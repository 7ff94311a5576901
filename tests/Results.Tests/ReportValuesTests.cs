using System.Text.Json;
using ForkFollow.Results.Formats;
using Microsoft.Playwright;

namespace ForkFollow.Results.Tests;

/// <summary>Values and tables of others' collectors in the page.</summary>
public sealed class ReportValuesTests : ReportPageTests
{
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
