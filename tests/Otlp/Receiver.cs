using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace ForkFollow.Tests.Otlp;

/// <summary>
/// An OTLP receiver that is not ours, in a process of its own: tests/Otlp under node, with the decoders of
/// OpenTelemetry JS. Its packages are installed once for each state of the lock file, beside the tests' own output.
/// </summary>
internal sealed class Receiver : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> _folder = new(InstallAsync);
    private static readonly TimeSpan _deadline = TimeSpan.FromMinutes(3);

    private readonly Started _process;
    private readonly Task<string> _errors;
    private Task<List<JsonElement>>? _requests;

    private Receiver(Started process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    /// <summary>The port that speaks HTTP.</summary>
    internal int HttpPort { get; private set; }

    /// <summary>The port that speaks gRPC.</summary>
    internal int GrpcPort { get; private set; }

    /// <summary>Starts one.</summary>
    /// <param name="mode">accept, refuse, hang or slow.</param>
    /// <param name="httpPort">Its HTTP port; 0 for any.</param>
    internal static async Task<Receiver> StartAsync(string mode = "accept", int httpPort = 0)
    {
        Machine.Need(Machine.Tool("node"), Machine.Tool("npm"));
        string folder = await _folder.Value;
        var receiver = new Receiver(Start(folder, "node", [Path.Combine(folder, "receiver.mjs"), $"{httpPort}", "0", mode]));
        using var deadline = new CancellationTokenSource(_deadline);
        string? line = await receiver._process.StandardOutput.ReadLineAsync(deadline.Token);
        if (line is null)
            Assert.Fail(await Wait.For(receiver._errors, "what the receiver says"));
        using JsonDocument ports = JsonDocument.Parse(line);
        receiver.HttpPort = ports.RootElement.GetProperty("http").GetInt32();
        receiver.GrpcPort = ports.RootElement.GetProperty("grpc").GetInt32();
        receiver._requests = receiver.ReadAsync();
        return receiver;
    }

    /// <summary>The variables that send to it.</summary>
    internal Dictionary<string, string> Variables(string protocol = "http/protobuf") => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{(protocol == "grpc" ? GrpcPort : HttpPort)}",
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
    };

    /// <summary>Ends it; returns all that it has received.</summary>
    internal async Task<Received> EndAsync()
    {
        using var deadline = new CancellationTokenSource(_deadline);
        _process.StandardInput.Close();
        List<JsonElement> requests = await _requests!.WaitAsync(deadline.Token);
        await _process.EndedAsync(deadline.Token);
        Assert.Equal("", await Wait.For(_errors, "what the receiver says"));
        return new(requests);
    }

    /// <summary>As it comes: the receiver would wait for a full pipe.</summary>
    private async Task<List<JsonElement>> ReadAsync()
    {
        var requests = new List<JsonElement>();
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            requests.Add(document.RootElement.Clone());
        }

        return requests;
    }

    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Started Start(string folder, string program, IEnumerable<string> arguments) => Started.Begin(
        new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });

    private static async Task<string> InstallAsync()
    {
        string source = Metadata.Of("ReceiverFolder");
        byte[] state = SHA256.HashData(File.ReadAllBytes(Path.Combine(source, "package-lock.json")));
        string folder = Path.Combine(AppContext.BaseDirectory, "receiver-" + Convert.ToHexStringLower(state)[..12]);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(source))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        if (File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
            return folder;
        using Started npm = Start(folder, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        using var deadline = new CancellationTokenSource(_deadline);
        Task<string> errors = npm.StandardError.ReadToEndAsync(deadline.Token);
        await npm.StandardOutput.ReadToEndAsync(deadline.Token);
        await npm.EndedAsync(deadline.Token);
        Assert.True(npm.ExitCode == 0, await errors);
        return folder;
    }
}
