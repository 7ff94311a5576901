using System.Runtime.InteropServices;
using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Collectors.Perf;

/// <summary>
/// Where tracepoints are read. Many machines have tracefs in the kernel and not mounted; then it is mounted on a descriptor alone
/// (fsmount(2)): below no path, so that nobody else sees it and no mount is left behind. Any thread.
/// </summary>
/// <remarks>
/// That descriptor is kept for the life of the process: a start reads a handful of formats, and to close it is to unmount, which
/// waits for all CPUs (1 ms to mount, 35 ms to unmount on two busy ones). What is mounted for all is looked for first each time.
/// </remarks>
internal sealed class Tracefs
{
    /// <summary>tracefs, and where debugfs shows it too.</summary>
    private static readonly string[] _places = ["/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events"];

    private static readonly Lock _lock = new();
    private static SafeFileHandle? _mount;

    private Tracefs(string events, string listing)
    {
        Events = events;
        Listing = listing;
    }

    /// <summary>The folder <c>events</c>.</summary>
    internal string Events { get; }

    /// <summary>Where a user can look for himself.</summary>
    internal string Listing { get; }

    /// <summary>Finds it, or mounts it for us.</summary>
    /// <param name="refusal">What, why and the remedy in one line; null if it can be read.</param>
    internal static Tracefs? Find(out string? refusal)
    {
        refusal = null;
        string? forbidden = null;
        foreach (string place in _places)
        {
            switch (Look(place))
            {
                case true:
                    return new(place, place);
                case null when place == _places[0]: // debugfs is root's everywhere, and says nothing of tracefs
                    forbidden = place;
                    break;
            }
        }

        // Also where a place is not ours to read: a unit with ProtectKernelTunables has it covered, and may mount all the same.
        if (Mount(out int errno) is { } mount)
        {
            string events = $"/proc/self/fd/{mount.DangerousGetHandle()}/events";
            if (Look(events) == true)
                return new(events, $"{_places[0]} (once tracefs is mounted there)");
            forbidden ??= _places[0];
        }

        refusal = (forbidden, errno) switch
        {
            ({ } place, _) => $"cannot read tracepoints: {place} is not ours to read; run as root, or remount tracefs with gid=",
            (_, Linux.ENODEV) => "there are no tracepoints: this kernel has no tracefs; one with CONFIG_FTRACE has",
            (_, Linux.EPERM) => "cannot read tracepoints: tracefs is not mounted, and mounting it for ourselves needs CAP_SYS_ADMIN; "
                + "run as root, or as root: mount -t tracefs -o gid=GROUP nodev /sys/kernel/tracing",
            _ => $"cannot read tracepoints: tracefs is not mounted, and cannot be for ourselves ({Marshal.GetPInvokeErrorMessage(errno)}); "
                + "as root: mount -t tracefs nodev /sys/kernel/tracing",
        };
        return null;
    }

    /// <summary>Whether something is there; null if that is not ours to know. An empty folder is where tracefs would be mounted.</summary>
    private static bool? Look(string events)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(events).Any();
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }

    private static SafeFileHandle? Mount(out int errno)
    {
        errno = 0;
        lock (_lock)
            return _mount ??= MountAnew(out errno);
    }

    private static SafeFileHandle? MountAnew(out int errno)
    {
        using SafeFileHandle? context = Own(Linux.fsopen("tracefs", Linux.FSOPEN_CLOEXEC), out errno);
        if (context is null)
            return null;
        int fd = (int)context.DangerousGetHandle();
        if (Linux.fsconfig(fd, Linux.FSCONFIG_CMD_CREATE) != 0)
        {
            errno = Linux.Errno;
            return null;
        }

        const uint ReadOnly = Linux.MOUNT_ATTR_RDONLY | Linux.MOUNT_ATTR_NOSUID | Linux.MOUNT_ATTR_NODEV | Linux.MOUNT_ATTR_NOEXEC;
        return Own(Linux.fsmount(fd, Linux.FSMOUNT_CLOEXEC, ReadOnly), out errno);
    }

    private static SafeFileHandle? Own(int fd, out int errno)
    {
        errno = fd < 0 ? Linux.Errno : 0;
        return fd < 0 ? null : new(fd, ownsHandle: true);
    }
}
