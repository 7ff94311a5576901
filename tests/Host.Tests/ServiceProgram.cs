using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>A running <c>forkfollow service</c>, with results in the folder of a test, that looks for targets at short intervals.</summary>
internal sealed class ServiceProgram : IAsyncDisposable
{
    private readonly ForkFollowProgram _program;
    private bool _ended;

    private ServiceProgram(ForkFollowProgram program, Started process, Notifications notifications)
    {
        _program = program;
        Process = process;
        Notifications = notifications;
    }

    internal Started Process { get; }

    internal Notifications Notifications { get; }

    /// <summary>The result directories of its runs, the eldest first.</summary>
    internal string[] Runs => Directory.Exists(_program.Results)
        ? [.. Directory.GetDirectories(_program.Results).OrderBy(path => path[(path.LastIndexOf('-') + 1)..], StringComparer.Ordinal)]
        : [];

    /// <summary>Starts it. Returns when it has told that it watches.</summary>
    /// <param name="program">Has the folder.</param>
    /// <param name="configuration">An appsettings.json of its own.</param>
    /// <param name="wrapper">A command to run it by.</param>
    /// <param name="watchdog">WATCHDOG_USEC; null for none.</param>
    internal static async Task<ServiceProgram> StartAsync(
        ForkFollowProgram program, string configuration, IEnumerable<string>? wrapper = null, int? watchdog = null)
    {
        string file = Path.Combine(program.Folder, "settings.json");
        await File.WriteAllTextAsync(file, configuration);
        // Under nohup(1) SIGHUP is ignored, and whoever is started so goes on ignoring it.
        string[] line = ["env", "--default-signal=HUP,INT", .. wrapper ?? [], ForkFollowProgram.Path_, "service", "--config", file, "-o", program.Results, "--scan-interval", "0.02"];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = program.Folder,
        };
        var notifications = new Notifications(program.Folder);
        File.SetUnixFileMode(notifications.Path, (UnixFileMode)0x1FF);
        start.Environment["NOTIFY_SOCKET"] = notifications.Path;
        if (watchdog is not null)
            start.Environment["WATCHDOG_USEC"] = $"{watchdog}";
        var service = new ServiceProgram(program, Started.Begin(start), notifications);
        await notifications.UntilAsync("READY=1");
        return service;
    }

    /// <summary>Sends a signal.</summary>
    internal void Signal(string name) => Signalling.Send(Process.Id, name);

    /// <summary>Waits for a line on its standard error that has this text. What came before is read then.</summary>
    internal async Task UntilSaidAsync(string text)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await Process.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
                return;
        }

        Assert.Fail($"never said: {text}");
    }

    /// <summary>SIGTERM, and the end.</summary>
    internal async Task<Ended> StopAsync()
    {
        Signal("TERM");
        await Notifications.UntilAsync("STOPPING=1");
        _ended = true;
        return await ForkFollowProgram.EndAsync(Process);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_ended && !Process.HasExited)
        {
            Process.Kill();
            await Process.EndedAsync();
        }

        Process.Dispose();
        Notifications.Dispose();
    }
}
