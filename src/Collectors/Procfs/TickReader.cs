using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics;
using ForkFollow.Collectors.Interop;

namespace ForkFollow.Collectors.Procfs;

/// <summary>
/// Reads what a process looks like now: /proc/PID/stat, statm, io and fd. Allocates nothing and keeps nothing, so any thread
/// may call. The process runs on meanwhile: what is read is not of one instant.
/// </summary>
internal static unsafe class TickReader
{
    /// <summary>Longest file of those: stat, 52 numbers and a name of at most 64 bytes.</summary>
    private const int BufferSize = 2048;

    private const int PathSize = 32;

    /// <summary>num_threads is field 20 of proc(5); behind the state, which is field 3, come 16 others.</summary>
    private const int FieldsBeforeThreads = 16;

    private static readonly long _pageSize = Environment.SystemPageSize;

    /// <summary>Reads a process.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="tick">What it looks like.</param>
    /// <returns>
    /// False if it is gone, or its main thread is a zombie: then /proc no longer knows of its memory and files.
    /// </returns>
    internal static bool Read(int pid, out Tick tick)
    {
        tick = default;
        byte* buffer = stackalloc byte[BufferSize];
        long now = Stopwatch.GetTimestamp();
        if (!ParseStat(File(pid, "/stat\0"u8, buffer), out byte state, out int threads) || state is (byte)'Z' or (byte)'X')
            return false;

        // Not the rss of stat, which is an estimate since 6.2: wrong by up to 64 pages for each CPU. statm is exact since 6.17.
        if (!ParseStatm(File(pid, "/statm\0"u8, buffer), out long pages))
            return false;
        ReadOnlySpan<byte> io = File(pid, "/io\0"u8, buffer);
        tick = new(
            now, pages * _pageSize, Field(io, "\nread_bytes: "u8), Field(io, "\nwrite_bytes: "u8), threads, Fds(pid), state);
        return true;
    }

    /// <summary>The state and the number of threads of /proc/PID/stat. The name may hold spaces and parentheses.</summary>
    internal static bool ParseStat(ReadOnlySpan<byte> stat, out byte state, out int threads)
    {
        state = 0;
        threads = 0;
        int close = stat.LastIndexOf((byte)')');
        if (close < 0 || close + 4 > stat.Length)
            return false;
        state = stat[close + 2];
        ReadOnlySpan<byte> rest = stat[(close + 4)..];
        for (int i = 0; i < FieldsBeforeThreads; i++)
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(rest, out threads, out _);
    }

    /// <summary>The second number of /proc/PID/statm, resident pages.</summary>
    internal static bool ParseStatm(ReadOnlySpan<byte> statm, out long pages) =>
        Utf8Parser.TryParse(statm[(statm.IndexOf((byte)' ') + 1)..], out pages, out _);

    /// <summary>The number behind a key; -1 if there is none.</summary>
    internal static long Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        int at = text.IndexOf(key);
        return at >= 0 && Utf8Parser.TryParse(text[(at + key.Length)..], out long number, out _) ? number : -1;
    }

    /// <summary>The number of open file descriptors; -1 if they may not be known.</summary>
    private static int Fds(int pid)
    {
        byte* path = stackalloc byte[PathSize];
        Compose(path, pid, "/fd\0"u8);
        statx_t stat;

        // Since 6.2 the size of the directory is their number; before it is 0.
        return LibC.statx(LibC.AT_FDCWD, path, 0, LibC.STATX_SIZE, &stat) == 0 && stat.stx_size > 0
            ? (int)stat.stx_size
            : CountEntries(path);
    }

    internal static int CountEntries(byte* path)
    {
        int fd = LibC.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC);
        if (fd < 0)
            return -1;
        const int Size = 4096;
        byte* entries = stackalloc byte[Size];
        int count = 0;
        nint got;
        while ((got = LibC.getdents64(fd, entries, Size)) > 0)
        {
            for (nint at = 0; at < got;)
            {
                if (entries[at + LibC.DirentName] != (byte)'.')
                    count++;
                at += BinaryPrimitives.ReadUInt16LittleEndian(new(entries + at + LibC.DirentReclen, sizeof(ushort)));
            }
        }

        _ = LibC.close(fd);
        return got < 0 ? -1 : count;
    }

    /// <summary>The content of a file of a process; empty if it is gone, or hides it.</summary>
    private static ReadOnlySpan<byte> File(int pid, ReadOnlySpan<byte> name, byte* buffer)
    {
        byte* path = stackalloc byte[PathSize];
        Compose(path, pid, name);
        int fd = LibC.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC);
        if (fd < 0)
            return default;

        // These files come whole in one read that is large enough.
        nint got = LibC.read(fd, buffer, BufferSize);
        _ = LibC.close(fd);
        return got <= 0 ? default : new(buffer, (int)got);
    }

    private static void Compose(byte* path, int pid, ReadOnlySpan<byte> name)
    {
        var target = new Span<byte>(path, PathSize);
        "/proc/"u8.CopyTo(target);
        Utf8Formatter.TryFormat(pid, target[6..], out int digits);
        name.CopyTo(target[(6 + digits)..]);
    }
}
