using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ForkFollow.Telemetry.Tests;

/// <summary>How the command ended.</summary>
internal sealed record Ended(int Status, string Output, string Errors, TimeSpan Took);

/// <summary>The built forkfollow, run as a user runs it, in a folder of its own.</summary>
internal sealed class Command : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(120);
    private readonly Stopwatch _watch = new();
    private Started? _process;

    internal string Folder { get; } = Directory.CreateTempSubdirectory("forkfollow-otel-").FullName;

    internal StreamWriter Input => _process!.StandardInput;

    /// <summary>Of the last run.</summary>
    internal JsonElement Tree { get; private set; }

    internal IReadOnlyList<JsonElement> Processes => [.. Tree.GetProperty("processes").EnumerateArray()];

    internal IReadOnlyList<string> Ledger =>
        [.. Tree.GetProperty("ledger").EnumerateArray().Select(entry => entry.GetProperty("text").GetString()!)];

    public void Dispose()
    {
        _process?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    internal void Start(IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            ProgramUnderTest.Location, ["-o", "out", "--format", "none", .. arguments])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment.Remove("TRACEPARENT");
        foreach ((string name, string value) in variables)
            start.Environment[name] = value;
        _watch.Restart();
        _process = Started.Begin(start);
    }

    internal async Task<Ended> EndAsync()
    {
        using var limit = new CancellationTokenSource(_deadline);
        _process!.StandardInput.Close();
        Task<string> output = _process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> errors = _process.StandardError.ReadToEndAsync(limit.Token);
        await _process.EndedAsync(limit.Token);
        var ended = new Ended(_process.ExitCode, await output, await errors, _watch.Elapsed);
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, "out", "tree.json"), limit.Token));
        Tree = document.RootElement.Clone();
        return ended;
    }

    internal Task<Ended> RunAsync(IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        Start(variables, arguments);
        return EndAsync();
    }

    /// <summary>A moment of tree.json, in nanoseconds since 1970.</summary>
    internal long TimeOf(long ns)
    {
        DateTimeOffset started = DateTimeOffset.Parse(Tree.GetProperty("started").GetString()!, CultureInfo.InvariantCulture);
        return ((started - DateTimeOffset.UnixEpoch).Ticks * 100) + ns;
    }
}
