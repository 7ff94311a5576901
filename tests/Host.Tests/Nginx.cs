using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ForkFollow.Host.Tests;

/// <summary>An nginx with two workers on a loopback port: a pre-forking server.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly Process _master;
    private readonly Uri _address;

    private Nginx(Process master, int port)
    {
        _master = master;
        _address = new($"http://127.0.0.1:{port}/");
    }

    internal int Pid => _master.Id;

    internal IReadOnlyList<int> Workers =>
        [.. File.ReadAllText($"/proc/{Pid}/task/{Pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    internal static async Task<Nginx> StartAsync(string folder)
    {
        int port = FreePort();
        string configuration = await ConfigureAsync(folder, port);
        var server = new Nginx(ForkFollowProgram.Start(Machine.PathOf("nginx"), ["-c", configuration, "-p", folder]), port);
        await Wait.UntilAsync(() => server.Workers.Count == 2, "nginx has its workers");
        return server;
    }

    /// <summary>
    /// Writes its configuration. Returns the file. A connection for each request: a worker that ends closes those that it keeps,
    /// and a request that is just on its way on one may be reset.
    /// </summary>
    internal static async Task<string> ConfigureAsync(string folder, int port)
    {
        string configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off; worker_processes 2; pid {{folder}}/nginx.pid; error_log {{folder}}/error.log;
            events { worker_connections 64; }
            http { access_log off; keepalive_timeout 0; server { listen 127.0.0.1:{{port}}; location / { return 200 "hello"; } } }
            """);
        return configuration;
    }

    /// <summary>Sends so many requests, four at a time. Returns how many were answered right.</summary>
    internal async Task<int> LoadAsync(int requests)
    {
        int right = 0;
        using var client = new HttpClient();
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (_, cancellation) =>
        {
            if (await client.GetStringAsync(_address, cancellation) == "hello")
                Interlocked.Increment(ref right);
        });
        return right;
    }

    /// <summary>SIGHUP: the master forks new workers, and the old ones end.</summary>
    internal async Task ReloadAsync()
    {
        int[] old = [.. Workers];
        Signalling.Send(Pid, "HUP");
        await Wait.UntilAsync(() => Workers.Count == 2 && !Workers.Intersect(old).Any(), "nginx has new workers");
    }

    public async ValueTask DisposeAsync()
    {
        Signalling.Send(Pid, "TERM");
        await ForkFollowProgram.EndAsync(_master);
        _master.Dispose();
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
