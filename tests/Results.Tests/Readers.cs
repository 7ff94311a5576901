using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace ForkFollow.Results.Tests;

/// <summary>
/// Runs the readers of result files that others wrote (tests/Results.Tests/Readers, one script each) under node. Their
/// packages are installed once for each state of the lock file, beside the tests' own output.
/// </summary>
internal static class Readers
{
    private static readonly Lazy<Task<string>> _folder = new(InstallAsync);

    /// <summary>Where profile.proto is.</summary>
    internal static string ProtocolFolder => Path.Combine(Metadata.Of("ReaderFolder"), "../../../src/Results/Formats/Protocol");

    private static readonly TimeSpan _deadline = TimeSpan.FromMinutes(3);

    /// <summary>Runs a script on a file, and parses what it prints. A script that fails fails the test with what it said.</summary>
    internal static async Task<JsonElement> RunAsync(string script, params string[] arguments)
    {
        Machine.Need(Machine.Tool("node"), Machine.Tool("npm"));
        string folder = await _folder.Value;
        string output = await ExecuteAsync(folder, "node", [Path.Combine(folder, script), .. arguments]);
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }

    /// <summary>Runs a program to its end and returns its output; a failure fails the test.</summary>
    internal static async Task<string> ExecuteAsync(string folder, string program, IEnumerable<string> arguments, byte[]? input = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Started process = Started.Begin(start);
        using var deadline = new CancellationTokenSource(_deadline);
        Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.StandardInput.BaseStream.WriteAsync(input ?? [], deadline.Token);
        process.StandardInput.Close();
        try
        {
            await process.EndedAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end in {_deadline}");
        }

        string said = await errors;
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit {process.ExitCode}\n{said}");
        return await output;
    }

    private static async Task<string> InstallAsync()
    {
        string source = Metadata.Of("ReaderFolder");
        byte[] state = SHA256.HashData(File.ReadAllBytes(Path.Combine(source, "package-lock.json")));
        string folder = Path.Combine(AppContext.BaseDirectory, "readers-" + Convert.ToHexStringLower(state)[..12]);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(source))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        string done = Path.Combine(folder, "node_modules", ".package-lock.json");
        if (!File.Exists(done))
            await ExecuteAsync(folder, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        return folder;
    }
}
