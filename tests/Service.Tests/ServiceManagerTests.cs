using System.Net.Sockets;
using System.Text;

namespace ForkFollow.Service.Tests;

/// <summary>sd_notify(3): what a service manager hears.</summary>
public sealed class ServiceManagerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
    private readonly ListLogger _logger = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void States_go_to_the_socket_that_the_environment_names(bool isAbstract)
    {
        string name = isAbstract ? $"@forkfollow-test-{Environment.ProcessId}" : Path.Combine(_folder, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name[1..] : name));
        using ServiceManager manager = Make(("NOTIFY_SOCKET", name));
        manager.Tell("READY=1\nSTATUS=x");
        var buffer = new byte[100];
        int length = socket.Receive(buffer);
        Assert.Equal("READY=1\nSTATUS=x", Encoding.UTF8.GetString(buffer, 0, length));
        Assert.Null(manager.Watchdog);
    }

    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("30000000", "us", 30.0)]
    [InlineData("30000000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_is_for_whom_it_names(string? microseconds, string? pid, double? seconds)
    {
        string? forWhom = pid == "us" ? $"{Environment.ProcessId}" : pid;
        using ServiceManager manager = Make(("NOTIFY_SOCKET", "/nowhere"), ("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", forWhom));
        Assert.Equal(seconds, manager.Watchdog?.TotalSeconds);
    }

    [Fact]
    public void Without_a_manager_nothing_is_told()
    {
        using ServiceManager manager = Make();
        manager.Tell("READY=1");
        Assert.Empty(_logger.Lines);
    }

    [Fact]
    public void A_manager_that_does_not_listen_is_said_once()
    {
        using ServiceManager manager = Make(("NOTIFY_SOCKET", Path.Combine(_folder, "nobody")));
        manager.Tell("READY=1");
        manager.Tell("STOPPING=1");
        Assert.StartsWith("cannot tell the service manager", Assert.Single(_logger.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_manager_that_does_not_read_keeps_nobody_from_work()
    {
        string name = Path.Combine(_folder, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(name));
        using ServiceManager manager = Make(("NOTIFY_SOCKET", name));
        for (int i = 0; i < 5000 && _logger.Lines.Length == 0; i++)
            manager.Tell("WATCHDOG=1");
        Assert.Single(_logger.Lines);
    }

    /// <summary>
    /// The sign of life comes at half of the patience while the supervisor is at work, and no more once it is stuck.
    /// </summary>
    [Fact]
    public async Task A_supervisor_that_looks_no_more_gives_no_sign_of_life()
    {
        string name = Path.Combine(_folder, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(name));
        using ServiceManager manager = Make(("NOTIFY_SOCKET", name), ("WATCHDOG_USEC", "200000"));
        var watchdog = new Watchdog(manager, new RunList().AnswerAsync, _ => null, TimeSpan.FromMilliseconds(20), _logger);
        using var end = new CancellationTokenSource();
        Task guarded = watchdog.RunAsync(end.Token);
        var buffer = new byte[100];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));

        // Nobody beats: it comes to its end by itself.
        while (_logger.Lines.Length == 0)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(5, limit.Token);
        }

        Assert.Equal("no sign of life for the service manager: targets are not looked for", _logger.Lines[0]);
        while (socket.Available > 0)
            Assert.Equal("WATCHDOG=1", Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)));
        Task<int> received = socket.ReceiveAsync(buffer, limit.Token).AsTask();
        while (!received.IsCompleted)
        {
            watchdog.Beat();
            await Task.WhenAny(received, Task.Delay(5, limit.Token));
        }

        int length = await received;
        Assert.Equal("WATCHDOG=1", Encoding.UTF8.GetString(buffer, 0, length));
        await end.CancelAsync();
        await guarded;
    }

    private ServiceManager Make(params (string Name, string? Value)[] environment) =>
        new(_logger, name => environment.FirstOrDefault(one => one.Name == name).Value);
}
