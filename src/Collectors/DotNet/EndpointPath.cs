using System.Globalization;
using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// A path to connect to: of a descriptor of ours, which is one of the runtime's socket while somebody connects, and of our root
/// directory, where nobody listens, else. So what the socket is on can be unmounted; a name of a link, or a later socket of the same
/// name, cannot lead us elsewhere; and the 107 bytes of a socket address are enough for any folder. Any thread.
/// </summary>
internal sealed class EndpointPath : IDisposable
{
    private readonly Lock _lock = new();
    private SafeFileHandle? _descriptor;
    private int _users;
    private bool _disposed;

    /// <summary>The path, after a <see cref="TryLeadTo"/>; the same each time, unless no descriptor was left.</summary>
    internal string Address { get; private set; } = "";

    /// <summary>Leads to a socket from now on, until <see cref="Leave"/>. False if no descriptor is left.</summary>
    internal bool TryLeadTo(RuntimeEndpoint endpoint)
    {
        lock (_lock)
        {
            if (!TryOpen() || !TryBecome(endpoint.Socket))
                return false;
            _users++;
            return true;
        }
    }

    /// <summary>Who has led it somewhere needs it no more.</summary>
    internal void Leave()
    {
        lock (_lock)
        {
            if (--_users > 0 || _disposed)
                return;
            using SafeFileHandle nowhere = OpenNowhere();
            if (!TryBecome(nowhere))
                _descriptor!.Dispose(); // none is left
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _descriptor?.Dispose();
        }
    }

    private bool TryOpen()
    {
        if (_disposed)
            return false;
        if (_descriptor is null or { IsClosed: true } or { IsInvalid: true })
        {
            _descriptor = OpenNowhere();
            Address = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_descriptor.DangerousGetHandle()}");
        }

        return !_descriptor.IsInvalid;
    }

    private bool TryBecome(SafeFileHandle other) =>
        !other.IsInvalid && LibC.dup3((int)other.DangerousGetHandle(), (int)_descriptor!.DangerousGetHandle(), LibC.O_CLOEXEC) >= 0;

    private static SafeFileHandle OpenNowhere() => new(Linux.open("/", LibC.O_PATH | LibC.O_CLOEXEC), ownsHandle: true);
}
