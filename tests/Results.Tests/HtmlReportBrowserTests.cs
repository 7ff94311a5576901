using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using Xunit.Abstractions;

namespace ForkFollow.Results.Tests;

/// <summary>report.html as a reader uses it, in Chromium without a window.</summary>
public sealed class HtmlReportBrowserTests(ITestOutputHelper log) : ReportPageTests
{
    private const int FirstViewMs = 6_000;

    [SkippableFact]
    public async Task A_process_that_is_clicked_has_its_own_flame_graph()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        string whole = await page.InnerTextAsync(".status");
        Assert.Contains("2\u202f000 samples", whole, StringComparison.Ordinal);
        await page.ClickAsync(".row[data-process='4'] .name");
        string one = await page.InnerTextAsync(".status");
        Assert.NotEqual(whole, one);
        await page.SelectOptionAsync("#flame-group", "process");
        string[] groups = await FramesAsync(page, ".frame");
        Assert.Equal(["cc1 [1004] #4"], groups.Where(name => name.Contains('#')).Distinct());
        Assert.EndsWith("#process=4", page.Url, StringComparison.Ordinal);
        await page.Keyboard.PressAsync("Escape");
        Assert.Equal(whole, await page.InnerTextAsync(".status"));
        Assert.DoesNotContain("#", page.Url, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_frame_that_is_clicked_is_as_wide_as_the_graph()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        ILocator frame = page.Locator(".frame[name='write_section']").Nth(0);
        float before = (await frame.BoundingBoxAsync())!.Width;
        await frame.ClickAsync();
        float whole = (await page.Locator(".flame-graph > svg").BoundingBoxAsync())!.Width;
        ILocator zoomed = page.Locator(".frame:not(.fade)[name='write_section']").Nth(0);
        Assert.InRange((await zoomed.BoundingBoxAsync())!.Width, whole - 3, whole + 3);
        await page.ClickAsync("#view-flame .tools button");
        Assert.InRange((await frame.BoundingBoxAsync())!.Width, before - 1, before + 1);
        await page.CheckAsync("#flame-inverted");
        await page.Locator(".frame[name='malloc']").Nth(0).ClickAsync();
        Assert.True(await page.IsEnabledAsync("#view-flame .tools button"));
        foreach (string metric in (string[])["1", "2", "3", "0"])
        {
            await page.SelectOptionAsync("select[aria-label='Weighted by']", metric);
            Assert.NotEqual(0, await page.Locator(".frame").CountAsync());
        }
    }

    [SkippableFact]
    public async Task An_executable_is_all_its_processes()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        await page.ClickAsync(".row[data-process='4'] .name");
        await page.ClickAsync("#scope [data-kind=program]");
        Assert.Contains("all 60 processes of cc1", await page.InnerTextAsync("#crumbs"), StringComparison.Ordinal);
        await page.SelectOptionAsync("#flame-group", "process");
        string[] groups = await FramesAsync(page, ".frame");
        Assert.All(groups.Where(name => name.Contains('#')), name => Assert.StartsWith("cc1 [", name));
        await page.ReloadAsync();
        await page.WaitForSelectorAsync("html[data-ready]");
        Assert.Contains("all 60 processes of cc1", await page.InnerTextAsync("#crumbs"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_subtree_is_a_process_and_all_below()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        await page.ClickAsync(".row[data-process='2'] .name");
        await page.ClickAsync("#scope [data-kind=subtree]");
        await page.ClickAsync("#tab-processes");
        await page.WaitForSelectorAsync("#view-processes .tabulator-row");
        Assert.Equal(4, await page.Locator("#view-processes .tabulator-row").CountAsync());
    }

    [SkippableFact]
    public async Task Rows_fold_and_unfold()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        Assert.Equal(1, await page.Locator(".row[data-process='3']").CountAsync());
        await page.ClickAsync(".row[data-process='2'] button.fold");
        Assert.Equal(0, await page.Locator(".row[data-process='3']").CountAsync());
        Assert.Equal("+3", await page.InnerTextAsync(".row[data-process='2'] .more"));
        await page.ClickAsync(".row[data-process='2'] .name");
        await page.Keyboard.PressAsync("Tab"); // whatever has the focus, the tree takes it back
        await page.FocusAsync("#rows");
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(1, await page.Locator(".row[data-process='3']").CountAsync());
        await page.Keyboard.PressAsync("ArrowDown");
        Assert.EndsWith("#process=3", page.Url, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Time_zooms_and_moves_by_key_wheel_and_drag()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        string whole = await TimeAtAsync(page);
        await page.FocusAsync("#rows");
        await page.Keyboard.PressAsync("+");
        string zoomed = await TimeAtAsync(page);
        Assert.NotEqual(whole, zoomed);
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        Assert.NotEqual(zoomed, await TimeAtAsync(page));
        await page.Keyboard.PressAsync("0");
        Assert.Equal(whole, await TimeAtAsync(page));

        await page.Mouse.MoveAsync(700, 250);
        await page.Keyboard.DownAsync("Control");
        await page.Mouse.WheelAsync(0, -300);
        await page.Keyboard.UpAsync("Control");
        await page.WaitForTimeoutAsync(100); // a wheel event has no answer to wait for
        string wheeled = await TimeAtAsync(page);
        Assert.NotEqual(whole, wheeled);
        await page.Mouse.MoveAsync(900, 250);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(700, 250, new() { Steps = 5 });
        await page.Mouse.UpAsync();
        await page.WaitForTimeoutAsync(100);
        Assert.NotEqual(wheeled, await TimeAtAsync(page));
        Assert.DoesNotContain("#", page.Url, StringComparison.Ordinal); // a drag selects nothing
    }

    [SkippableFact]
    public async Task Search_finds_processes_and_functions()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        await page.FillAsync("#query", "src/file41.c");
        await page.WaitForSelectorAsync("#hits .hit");
        await page.Keyboard.PressAsync("Enter");
        Assert.EndsWith("#process=166", page.Url, StringComparison.Ordinal); // its shell
        await page.Keyboard.PressAsync("Enter");
        Assert.EndsWith("#process=167", page.Url, StringComparison.Ordinal);
        await page.ClickAsync("#scope [data-kind=run]");
        await page.FillAsync("#query", "do_syscall_64");
        await page.WaitForFunctionAsync("() => document.querySelector('#hits').textContent.startsWith('1 function')");
        await page.Keyboard.PressAsync("Enter");
        Assert.Contains("found: ", await page.InnerTextAsync(".status"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Tables_sort()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        await page.ClickAsync("#tab-programs");
        await page.WaitForSelectorAsync("#view-programs .tabulator-row");
        await page.ClickAsync("#view-programs .tabulator-col[tabulator-field=count]");
        string[] counts = await FramesAsync(page, "#view-programs .tabulator-cell[tabulator-field=count]");
        Assert.Equal(counts.Select(int.Parse).OrderDescending(), counts.Select(int.Parse));
        await page.ClickAsync("#view-programs .tabulator-col[tabulator-field=count]");
        counts = await FramesAsync(page, "#view-programs .tabulator-cell[tabulator-field=count]");
        Assert.Equal(counts.Select(int.Parse).Order(), counts.Select(int.Parse));
    }

    [SkippableFact]
    public async Task A_runtime_has_facts_exceptions_and_charts()
    {
        RecordedRun run = SampleRuns.Small();
        IPage page = await OpenAsync(run);
        await page.ClickAsync("#tab-processes");
        await page.Locator("#view-processes .tabulator-cell[tabulator-field=line]").GetByText("cc a.c", new() { Exact = true }).ClickAsync();
        string details = await page.InnerTextAsync("#details");
        foreach (string told in (string[])[".NET", "10.0.1", "5 of gen 1, 2 of gen 2", "12 methods", "System.FormatException", "Managed heap"])
            Assert.Contains(told, details, StringComparison.OrdinalIgnoreCase);
        Assert.True(await page.Locator("#details .sparks canvas").CountAsync() >= 1);
        await page.Locator("#view-processes .tabulator-row", new() { HasText = "sh -c" }).First.ClickAsync();
        Assert.DoesNotContain("JIT", await page.InnerTextAsync("#details"), StringComparison.Ordinal);
        Assert.Equal(1, await page.Locator("#view-processes .tabulator-col[tabulator-field=gcPause]").CountAsync());
    }

    [SkippableFact]
    public async Task A_row_that_is_clicked_is_the_selection()
    {
        IPage page = await OpenAsync(SyntheticRuns.Build());
        await page.ClickAsync("#tab-processes");
        await page.Locator("#view-processes .tabulator-row").Nth(3).ClickAsync();
        Assert.Equal(1, await page.Locator("#view-processes .tabulator-row.on").CountAsync());
        string first = page.Url;
        await page.Locator("#view-processes .tabulator-row").Nth(5).Locator(".link").ClickAsync();
        Assert.NotEqual(first, page.Url);
        Assert.Equal(1, await page.Locator("#view-processes .tabulator-row.on").CountAsync());
        Assert.Equal(1, await page.Locator(".row.on").CountAsync()); // the timeline has scrolled to it
        await page.Keyboard.PressAsync("Escape");
        Assert.Equal(0, await page.Locator("#view-processes .tabulator-row.on").CountAsync());
    }

    [SkippableFact]
    public async Task Hostile_names_are_shown_and_do_nothing()
    {
        IPage page = await OpenAsync(SyntheticRuns.Hostile(HtmlReportTests.HostileNames));
        foreach (string tab in (string[])["flame", "functions", "processes", "programs", "syscalls", "ledger"])
        {
            await page.ClickAsync($"#tab-{tab}");
            await page.WaitForTimeoutAsync(100); // what a handler of an image would need
        }

        for (int i = 1; i <= HtmlReportTests.HostileNames.Length; i++)
        {
            await page.EvaluateAsync("id => location.hash = `process=${id}`", i);
            await page.WaitForFunctionAsync("id => document.querySelector('#details').textContent.includes(`#${id}, by`)", i);
        }

        foreach (string name in (string[])["<img", "script", "red"])
        {
            await page.FillAsync("#query", name);
            await page.WaitForSelectorAsync("#hits .hit");
        }

        Assert.Null(await page.EvaluateAsync<object?>("window.pwned"));
        Assert.Equal(0, await page.Locator("img").CountAsync());
        string text = await page.InnerTextAsync("body");
        Assert.Contains("⟨ESC⟩[31mred", text, StringComparison.Ordinal);
        Assert.Contains("⟨U+202E⟩", text, StringComparison.Ordinal);
        Assert.Contains("<img src=x onerror=window.pwned=1>", text, StringComparison.Ordinal);
        Assert.Equal(1280, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [SkippableFact]
    public async Task Five_thousand_processes_are_seen_soon()
    {
        RecordedRun run = SyntheticRuns.Large();
        IPage page = await OpenAsync(run);
        double first = await page.EvaluateAsync<double>("Number(document.documentElement.dataset.ready)");
        var watch = Stopwatch.StartNew();
        await page.EvaluateAsync("document.querySelector('#rows').scrollTop = 60000");
        await page.WaitForSelectorAsync(".row[data-process='2995'], .row[data-process='3005']");
        log.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"first view after {first} ms, scrolled after {watch.ElapsedMilliseconds} ms"));
        Assert.InRange(first, 1, FirstViewMs);
        Assert.InRange(await page.Locator(".row").CountAsync(), 5, 100);
    }

    [SkippableFact]
    public async Task An_empty_run_says_that_nothing_was_sampled()
    {
        IPage page = await OpenAsync(SyntheticRuns.Empty());
        Assert.Contains("not sampled", await page.InnerTextAsync("#cpu-note"), StringComparison.Ordinal);
        Assert.Equal("true", await page.GetAttributeAsync("#tab-processes", "aria-selected"));
        Assert.Equal(1, await page.Locator(".row").CountAsync());
        await page.ClickAsync("#tab-flame");
        Assert.Contains("No stacks", await page.InnerTextAsync("#view-flame"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task What_was_attached_has_its_figures_since_then_and_no_exec_that_never_was()
    {
        IPage page = await OpenAsync(SampleRuns.Attached());
        string figures = await page.InnerTextAsync("#figures");
        Assert.Matches(@"Wall\s+200 ms\s+CPU\s+100 ms\s+CPUs used\s+0\.50 of 2\s+Processes\s+2\s+Execs\s+1\s", figures);
        Assert.Contains("which ran for 400 ms", await page.InnerTextAsync("#subtitle"), StringComparison.Ordinal);
        await page.ClickAsync(".row[data-process='1'] .name");
        string details = await page.InnerTextAsync("#details");
        Assert.Contains("since we attached, 1 h 00 min after its birth", details, StringComparison.Ordinal);
        Assert.Contains("/usr/sbin/server found at 0", details, StringComparison.Ordinal);
        Assert.Contains("/usr/bin/later at 100 ms", details, StringComparison.Ordinal);
        Assert.Contains("20 voluntary without 4 of our stops, 3 involuntary", details, StringComparison.Ordinal);
        Assert.Contains("27 4 of them our stops", details, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task CPU_use_above_the_number_of_CPUs_is_explained()
    {
        RecordedRun run = SampleRuns.Attached();
        IPage page = await OpenAsync(run);
        Assert.DoesNotContain("above", await page.InnerTextAsync("#cpu-note"), StringComparison.Ordinal);
        RecordedProcess busy = run.Processes[1] with { Rusage = new(250_000_000, 0, 4096, 10, 1, 2, 3), Threads = 4 };
        page = await OpenAsync(run with { Processes = [run.Processes[0], busy] });
        Assert.Contains("above 2 since each process is drawn with its average", await page.InnerTextAsync("#cpu-note"), StringComparison.Ordinal);
    }

    /// <summary>For the eyes too: FORKFOLLOW_SHOTS=DIR names a directory for pictures of more runs.</summary>
    [SkippableFact]
    public async Task Nothing_sticks_out_at_either_size_in_either_scheme()
    {
        string? wanted = Environment.GetEnvironmentVariable("FORKFOLLOW_SHOTS");
        string shots = wanted ?? Folder;
        (string, RecordedRun)[] runs =
        [
            ("empty", SyntheticRuns.Empty()), ("build", SyntheticRuns.Build()), ("large", SyntheticRuns.Large()),
            ("hostile", SyntheticRuns.Hostile(HtmlReportTests.HostileNames)),
        ];
        foreach ((string name, RecordedRun run) in wanted is null ? runs[1..2] : runs)
        {
            foreach ((int width, int height, bool dark) in new[] { (1280, 800, false), (1920, 1080, true) })
            {
                IPage page = await OpenAsync(run, width, height, dark);
                string prefix = $"{shots}/{name}-{width}";
                await page.ScreenshotAsync(new() { Path = prefix + "-1.png" });
                if (name == "empty")
                    continue;
                await page.ClickAsync(".row[data-process='4'] .name");
                await page.ScreenshotAsync(new() { Path = prefix + "-2-process.png" });
                await page.ClickAsync("#scope [data-kind=program]");
                await page.ClickAsync("#tab-processes");
                await page.WaitForTimeoutAsync(300);
                await page.ScreenshotAsync(new() { Path = prefix + "-3-processes.png" });
                await page.Keyboard.PressAsync("Escape");
                await page.ClickAsync("#tab-functions");
                await page.FillAsync("#query", "file4");
                await page.WaitForTimeoutAsync(300);
                await page.ScreenshotAsync(new() { Path = prefix + "-4-search.png" });
                await page.Keyboard.PressAsync("Escape");
                await page.SelectOptionAsync("#flame-group", "executable", new() { Force = true });
                await page.ClickAsync("#tab-flame");
                for (int i = 0; i < 3; i++)
                    await page.ClickAsync("[data-do=in]");
                await page.ClickAsync("[data-do=fold]");
                await page.ScreenshotAsync(new() { Path = prefix + "-5-zoomed.png" });
                Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            }
        }
    }

    /// <summary>What the tooltip says of one place above the rows.</summary>
    private static async Task<string> TimeAtAsync(IPage page)
    {
        await page.Mouse.MoveAsync(1100, 140);
        await page.Mouse.MoveAsync(1100, 141);
        return (await page.InnerTextAsync("#tip")).Split(" at ")[^1];
    }

    private static async Task<string[]> FramesAsync(IPage page, string selector) =>
        await page.EvalOnSelectorAllAsync<string[]>(selector, "all => all.map(e => e.getAttribute('name') ?? e.textContent)");
}
