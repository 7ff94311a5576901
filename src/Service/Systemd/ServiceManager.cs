using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service;

/// <summary>
/// Speaks sd_notify(3) with the service manager that started us, if one did: datagrams of VARIABLE=VALUE lines to the socket
/// that NOTIFY_SOCKET names. Any thread.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    /// <summary>A manager that does not read (ten datagrams wait at most) must not keep us from our work.</summary>
    private const int SendTimeoutMilliseconds = 1000;

    private readonly ILogger<ServiceManager> _logger;
    private readonly UnixDomainSocketEndPoint? _address;
    private readonly Socket? _socket;
    private bool _failed;

    public ServiceManager(ILogger<ServiceManager> logger)
        : this(logger, Environment.GetEnvironmentVariable)
    {
    }

    internal ServiceManager(ILogger<ServiceManager> logger, Func<string, string?> environment)
    {
        _logger = logger;
        if (environment("NOTIFY_SOCKET") is not [_, _, ..] path)
            return;

        // An @ stands for the zero byte of an abstract socket.
        _address = new(path[0] == '@' ? "\0" + path[1..] : path);
        _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendTimeoutMilliseconds };
        string? forWhom = environment("WATCHDOG_PID");
        if (forWhom is not null && forWhom != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            return;
        if (long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds)
            && microseconds > 0)
        {
            Watchdog = TimeSpan.FromMicroseconds(microseconds);
        }
    }

    /// <summary>How long the manager waits for a sign of life before it kills us; null if it does not.</summary>
    internal TimeSpan? Watchdog { get; }

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    /// <summary>Tells a state: lines of VARIABLE=VALUE. Nothing without a manager; a failure is logged once.</summary>
    internal void Tell(string state)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(state), _address!);
        }
        catch (SocketException e)
        {
            if (!_failed)
                _logger.LogWarning("cannot tell the service manager ({Socket}): {Message}", _address, e.Message);
            _failed = true;
        }
    }
}
