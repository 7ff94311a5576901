using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>An nginx that a shell script starts again whenever it ends, until its input is closed.</summary>
internal sealed class RestartedNginx : IAsyncDisposable
{
    private readonly Process _script;
    private readonly string _pidFile;
    private readonly Uri _address;
    private int _master;

    private RestartedNginx(Process script, string pidFile, int port)
    {
        _script = script;
        _pidFile = pidFile;
        _address = new($"http://127.0.0.1:{port}/");
    }

    internal static async Task<RestartedNginx> StartAsync(string folder)
    {
        int port = Nginx.FreePort();
        string configuration = await Nginx.ConfigureAsync(folder, port);

        // A supervisor as people write them. TERM to the script ends it and what it runs.
        string loop = $"trap 'kill $child; wait $child; exit 0' TERM; while :; do {Machine.PathOf("nginx")} -c {configuration} -p {folder} & child=$!; wait $child; done";
        return new(ForkFollowProgram.Start("/bin/sh", ["-c", loop]), Path.Combine(folder, "nginx.pid"), port);
    }

    /// <summary>Waits for a life with another master. Returns its pid; its workers are there then.</summary>
    internal async Task<int> UntilUpAsync(int before)
    {
        await Wait.UntilAsync(
            () => File.Exists(_pidFile) && int.TryParse(File.ReadAllText(_pidFile), out _master) && _master != before
                && Proc.Exists(_master) && Workers(_master).Length == 2,
            "nginx is up");
        return _master;
    }

    /// <summary>Its workers, the elder first.</summary>
    internal int[] Workers(int master)
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{master}/task/{master}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        }
        catch (IOException)
        {
            return []; // gone
        }
    }

    /// <summary>Sends so many requests. Returns how many were answered right.</summary>
    internal async Task<int> LoadAsync(int requests)
    {
        int right = 0;
        using var client = new HttpClient();
        for (int i = 0; i < requests; i++)
            right += await client.GetStringAsync(_address) == "hello" ? 1 : 0;
        return right;
    }

    public async ValueTask DisposeAsync()
    {
        Signalling.Send(_script.Id, "TERM");
        await ForkFollowProgram.EndAsync(_script);
        _script.Dispose();
    }
}
