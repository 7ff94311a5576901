using System.Globalization;
using System.Text;
using ForkFollow.Native;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Collectors.Perf;

/// <summary>
/// Opens each executable once, when the first process that runs it is held at its exec: there is no later moment at which
/// it is sure to be there. One that was seen costs a statx, 1 µs, and allocates nothing. Tracer thread.
/// </summary>
internal sealed unsafe class NewExecutables
{
    private readonly HashSet<FileIdentity> _seen = [];

    /// <summary>The executable of a process, if no process before ran it.</summary>
    internal SafeFileHandle? Open(int pid)
    {
        byte* path = stackalloc byte[32];
        _ = Encoding.ASCII.TryGetBytes("/proc/", new(path, 6), out int length);
        _ = pid.TryFormat(new Span<byte>(path + length, 12), out int digits, default, CultureInfo.InvariantCulture);
        length += digits;
        _ = Encoding.ASCII.TryGetBytes("/exe\0", new(path + length, 5), out _);
        statx_t stat;
        if (Linux.statx(0, path, 0, Linux.STATX_BASIC_STATS, &stat) != 0)
            return null;
        var identity = new FileIdentity(
            stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino, stat.stx_size, stat.stx_mtime_sec, stat.stx_mtime_nsec);
        return _seen.Add(identity) ? RegularFile.Open($"/proc/{pid}/exe", out _) : null;
    }
}
