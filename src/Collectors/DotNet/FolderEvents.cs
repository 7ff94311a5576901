using System.Buffers.Binary;
using System.Text;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// Sleeps until a file is made in one of some folders, or somebody wakes it. Where inotify is used up or missing, the
/// timeouts of who waits do; where no descriptor is left to be woken by, it never sleeps for long. One thread waits; any may wake.
/// </summary>
/// <param name="inotify">Of inotify_init1(2); -1 if there is none.</param>
/// <param name="wake">Of eventfd(2); -1 if there is none.</param>
internal sealed unsafe class FolderEvents(int inotify, int wake) : IDisposable
{
    /// <summary>How long a wait is at most that nobody can end, in milliseconds.</summary>
    private const int UnwakeableWait = 50;


    private const int NameAt = 16;
    private const int LengthAt = 12;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly int _inotify = inotify;
    private readonly int _wake = wake;

    internal FolderEvents()
        : this(Linux.inotify_init1(Linux.IN_CLOEXEC | Linux.IN_NONBLOCK), LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK))
    {
    }

    /// <summary>Wants to know of new files in a folder; saying so twice is no harm.</summary>
    internal void Add(string folder)
    {
        if (_inotify >= 0)
            _ = Linux.inotify_add_watch(_inotify, folder, Linux.IN_CREATE);
    }

    /// <summary>Ends the next or the present wait.</summary>
    internal void Wake()
    {
        ulong one = 1;
        _ = LibC.write(_wake, &one, sizeof(ulong));
    }

    /// <summary>Waits, and calls with each new file's name.</summary>
    /// <param name="timeout">In milliseconds; -1 for as long as it takes.</param>
    /// <param name="created">Takes a name.</param>
    internal void Wait(int timeout, Action<string> created)
    {
        pollfd* fds = stackalloc pollfd[2];
        fds[0] = new() { fd = _wake, events = LibC.POLLIN };
        fds[1] = new() { fd = _inotify, events = LibC.POLLIN }; // poll passes over -1
        if (_wake < 0 && (uint)timeout > UnwakeableWait)
            timeout = UnwakeableWait; // -1 is the longest
        if (LibC.poll(fds, 2, timeout) <= 0)
            return;
        ulong count;
        _ = LibC.read(_wake, &count, sizeof(ulong));
        if (_inotify >= 0)
            Drain(created);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_inotify >= 0)
            _ = LibC.close(_inotify);
        if (_wake >= 0)
            _ = LibC.close(_wake);
    }

    private void Drain(Action<string> created)
    {
        long got;
        fixed (byte* buffer = _buffer)
            got = LibC.read(_inotify, buffer, _buffer.Length);
        ReadOnlySpan<byte> rest = got <= 0 ? default : _buffer.AsSpan(0, (int)got);
        while (rest.Length >= NameAt)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest[LengthAt..]);
            ReadOnlySpan<byte> name = rest.Slice(NameAt, length);
            int end = name.IndexOf((byte)0);
            created(Encoding.UTF8.GetString(end < 0 ? name : name[..end]));
            rest = rest[(NameAt + length)..];
        }
    }
}
