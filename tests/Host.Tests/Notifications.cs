using System.Net.Sockets;
using System.Text;

namespace ForkFollow.Host.Tests;

/// <summary>A service manager's socket: hears what a service tells by sd_notify(3).</summary>
internal sealed class Notifications : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    internal Notifications(string folder)
    {
        Path = System.IO.Path.Combine(folder, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
    }

    internal string Path { get; }

    public void Dispose() => _socket.Dispose();

    /// <summary>Waits for a datagram that has this line; passes over others.</summary>
    internal async Task<string> UntilAsync(string line)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[1000];
        while (true)
        {
            string text = Encoding.UTF8.GetString(buffer, 0, await _socket.ReceiveAsync(buffer, limit.Token));
            if (text.Split('\n').Contains(line))
                return text;
        }
    }
}
