using ForkFollow.Results.Formats;
using Microsoft.Playwright;

namespace ForkFollow.Results.Tests;

/// <summary>
/// Opens reports from disk in Chromium without a window. A test fails if its page wrote an error or a warning to the
/// console, or asked for anything but itself.
/// </summary>
public abstract class ReportPageTests : IAsyncLifetime
{
    private readonly List<string> _messages = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    protected string Folder { get; } = Directory.CreateTempSubdirectory("forkfollow-page-").FullName;

    public async Task InitializeAsync()
    {
        if (Machine.Find("chromium") is not { } chromium)
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = chromium,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        Directory.Delete(Folder, recursive: true);
        Assert.Empty(_messages);
    }

    internal async Task<IPage> OpenAsync(RecordedRun run, int width = 1280, int height = 800, bool dark = false)
    {
        Machine.Need(Machine.Tool("chromium"), Machine.Page(HtmlReport.Refusal is null));
        string path = Path.Combine(Folder, HtmlReport.Name);
        await using (FileStream file = File.Create(path))
            HtmlReport.Write(file, run);
        IPage page = await _browser!.NewPageAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
        });
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _messages.Add(message.Text);
        };
        page.PageError += (_, error) => _messages.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("file://" + path, StringComparison.Ordinal))
                _messages.Add(request.Url);
        };
        await page.GotoAsync("file://" + path);
        await page.WaitForSelectorAsync("html[data-ready]");
        return page;
    }
}
