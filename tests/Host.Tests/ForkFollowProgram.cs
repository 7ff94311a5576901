using System.Diagnostics;
using System.Text.Json;

namespace ForkFollow.Host.Tests;

/// <summary>How a program ended, and what it wrote.</summary>
internal sealed record Ended(int Status, string Output, string Errors);

/// <summary>The built forkfollow, run as a user runs it, in a folder of its own.</summary>
internal sealed class ForkFollowProgram : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    private readonly List<Started> _started = [];

    internal string Folder { get; } = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;

    internal string Results => Path.Combine(Folder, "out");

    internal static string Path_ => ProgramUnderTest.Location;

    /// <summary>What a run leaves behind lives on until the test ends.</summary>
    public void Dispose()
    {
        _started.ForEach(process => process.Dispose());
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Runs any program to its end.</summary>
    internal static async Task<Ended> RunAnyAsync(string program, IEnumerable<string> arguments, string? folder = null)
    {
        using Started process = Start(program, arguments, folder);
        return await EndAsync(process);
    }

    internal static Started Start(string program, IEnumerable<string> arguments, string? folder = null) =>
        Started.Begin(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        });

    internal static async Task<Ended> EndAsync(Process process)
    {
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(_deadline);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.EndedAsync(limit.Token);
            return new(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{process.StartInfo.FileName} did not end in {_deadline}");
        }
    }

    /// <summary>Runs forkfollow with results in <see cref="Results"/>.</summary>
    internal Task<Ended> RunAsync(params string[] arguments) => RunBareAsync(["-o", Results, .. arguments]);

    /// <summary>Starts forkfollow with results in <see cref="Results"/>.</summary>
    internal Started Start(params string[] arguments) => Keep(Start(Path_, ["-o", Results, .. arguments], Folder));

    /// <summary>Runs forkfollow with just these arguments.</summary>
    internal Task<Ended> RunBareAsync(params string[] arguments) => EndAsync(Keep(Start(Path_, arguments, Folder)));

    private Started Keep(Started process)
    {
        _started.Add(process);
        return process;
    }

    internal RunFile ReadTree() => RunFile.Read(Path.Combine(Results, "tree.json"));
}

/// <summary>A tree.json, as far as tests look at it.</summary>
internal sealed record RunFile(JsonElement Root)
{
    internal IReadOnlyList<JsonElement> Processes => [.. Root.GetProperty("processes").EnumerateArray()];

    internal int Execs => Processes.Sum(process => process.GetProperty("execs").GetArrayLength());

    internal IReadOnlyList<string> Ledger =>
        [.. Root.GetProperty("ledger").EnumerateArray().Select(entry => entry.GetProperty("text").GetString()!)];

    internal static RunFile Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return new(document.RootElement.Clone());
    }

    internal IEnumerable<JsonElement> Named(string comm) =>
        Processes.Where(process => process.GetProperty("comm").GetString() == comm);
}
