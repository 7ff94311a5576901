using Microsoft.Playwright;

namespace ForkFollow.Results.Tests;

/// <summary>Figures and names of report.html: that they add up, and say what they are.</summary>
public sealed class HtmlReportFiguresTests : ReportPageTests
{
    private const long Ms = 1_000_000;

    /// <summary>99 short calls of one, one long call of the other: the largest of their p99 would be the long one.</summary>
    [SkippableFact]
    public async Task Quantiles_of_several_processes_are_those_of_all_their_calls()
    {
        RecordedSyscall calls = new("read", 99, 0, 99_000, 1_023, 1_023, 1_000, [1_023, 99]);
        RecordedSyscall call = new("read", 1, 0, 1_000 * Ms, 1_006_632_959, 1_006_632_959, 1_000 * Ms, [1_006_632_959, 1]);
        IPage page = await OpenAsync(Run(Ran(1, "/bin/a", "a") with { Syscalls = [calls] }, Ran(2, "/bin/b", "b") with { Syscalls = [call] }));
        await page.ClickAsync("#tab-syscalls");

        Assert.Equal(["read", "100", "0", "1.00 s", "1.02 µs", "1.02 µs", "1.00 s", "2"], await CellsAsync(page, "syscalls"));
        await page.ClickAsync(".row[data-process='2'] .name");
        await page.WaitForFunctionAsync("() => document.querySelector('#view-syscalls .tabulator-cell[tabulator-field=count]').textContent === '1'");
        Assert.Equal(["read", "1", "0", "1.00 s", "1.00 s", "1.00 s", "1.00 s", "1"], await CellsAsync(page, "syscalls"));
    }

    [SkippableFact]
    public async Task A_quantile_that_is_not_known_is_not_made_up()
    {
        IPage page = await OpenAsync(Run(Ran(1, "/bin/a", "a") with { Syscalls = [new("read", 2, 0, 10, 5, 5, 5)] }));
        await page.ClickAsync("#tab-syscalls");

        Assert.Equal(["read", "2", "0", "10 ns", "–", "–", "5 ns", "1"], await CellsAsync(page, "syscalls"));
    }

    [SkippableFact]
    public async Task An_executable_is_a_file_whatever_its_processes_were_called()
    {
        IPage page = await OpenAsync(Run(
            Ran(1, "/usr/bin/make", "make"), Ran(2, "/usr/bin/x86_64-linux-gnu-gcc-12", "gcc"), Ran(3, "/bin/busybox", "ls"), Ran(4, "/bin/busybox", "sh"),
            Ran(5, "/usr/bin/make", "make") with { Execs = [], Name = "(make)", Executable = "/usr/bin/make" }));
        Assert.Equal(["make", "gcc", "ls", "sh", "(make)"], await TextsAsync(page, ".row .name"));
        await page.ClickAsync("#tab-programs");
        await page.WaitForSelectorAsync("#view-programs .tabulator-row");
        string[] names = await TextsAsync(page, "#view-programs .tabulator-cell[tabulator-field=key]");
        string[] counts = await TextsAsync(page, "#view-programs .tabulator-cell[tabulator-field=count]");
        string[] files = await TextsAsync(page, "#view-programs .tabulator-cell[tabulator-field=file]");

        Assert.Equal(
            [("busybox", "2", "/bin/busybox"), ("gcc", "1", "/usr/bin/x86_64-linux-gnu-gcc-12"), ("make", "2", "/usr/bin/make")],
            names.Select((name, i) => (name, counts[i], files[i])).Order());
        await page.EvaluateAsync("location.hash = 'executable=busybox'");
        await page.WaitForFunctionAsync("() => document.querySelector('#details').innerText.includes('/bin/busybox')");
        Assert.Contains("all 2 processes of busybox", await page.InnerTextAsync("#crumbs"), StringComparison.Ordinal);
    }

    /// <summary>Of a process, an executable and the whole, beside the flame graph and in the tables: CPU samples are one figure.</summary>
    [SkippableFact]
    public async Task Samples_are_cpu_samples_everywhere()
    {
        RecordedRun run = SyntheticRuns.Build();
        run = run with { Processes = [.. run.Processes.Select(process => process with { Samples = 41_913 })] };
        IPage page = await OpenAsync(run);
        foreach (string hash in (string[])["", "process=4", "executable=cc1"])
        {
            await page.EvaluateAsync("hash => location.hash = hash", hash);
            await page.WaitForFunctionAsync("hash => location.hash === (hash && `#${hash}`)", hash);
            string told = await page.EvaluateAsync<string>("[...document.querySelectorAll('#details dt')].find(e => e.innerText === 'CPU samples').nextSibling.innerText");
            Assert.Contains($" in {told} samples", await page.InnerTextAsync(".status"), StringComparison.Ordinal);
        }

        await page.ClickAsync("#tab-processes");
        string all = await page.InnerTextAsync("#view-processes");
        Assert.Contains("CPU samples", all, StringComparison.Ordinal);
        Assert.DoesNotContain("41\u202f913", await page.InnerTextAsync("body"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Bytes_and_shares_say_what_they_are()
    {
        RecordedUsage usage = new(300 * Ms, 100 * Ms, 12_345_678, 1, 0, 1, 1);
        IPage page = await OpenAsync(Run(Ran(1, "/bin/a", "a") with { EndNs = 800 * Ms, StartNs = 0, Rusage = usage }));
        await page.ClickAsync(".row[data-process='1'] .name");
        string details = await page.InnerTextAsync("#details");

        Assert.Contains("11.8 MiB", details, StringComparison.Ordinal); // as UnitsTests has it for the terminal
        Assert.Contains("50 % of its wall time", details, StringComparison.Ordinal);
    }

    private static Task<string[]> TextsAsync(IPage page, string selector) => page.EvalOnSelectorAllAsync<string[]>(selector, "all => all.map(e => e.textContent)");

    private static async Task<string[]> CellsAsync(IPage page, string view)
    {
        await page.WaitForSelectorAsync($"#view-{view} .tabulator-row");
        return await TextsAsync(page, $"#view-{view} .tabulator-row .tabulator-cell");
    }

    private static RecordedRun Run(params RecordedProcess[] processes) => new()
    {
        Version = "1",
        Started = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        DurationNs = 1_000 * Ms,
        Processes = processes,
    };

    private static RecordedProcess Ran(int id, string path, string name) => new()
    {
        Id = id,
        ParentId = id == 1 ? null : 1,
        Pid = 100 + id,
        Origin = id == 1 ? "launched" : "fork",
        StartNs = id * Ms,
        EndNs = (10 + id) * Ms,
        Comm = name,
        Execs = [new(id * Ms, path, [name], name)],
        End = "exited",
        Exit = new(),
    };
}
