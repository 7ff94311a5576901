using System.Buffers.Text;
using System.Diagnostics;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Collectors.Procfs;

/// <summary>
/// Reads what a process looks like now: /proc/PID/stat, statm, io and fd. Allocates nothing and keeps nothing, so any thread
/// may call. The process runs on meanwhile: what is read is not of one instant.
/// </summary>
internal static unsafe class TickReader
{
    /// <summary>Longest file of those: stat, 52 numbers and a name of at most 64 bytes.</summary>
    private const int BufferSize = 2048;

    private const int PathSize = 64;

    /// <summary>num_threads is field 20 of proc(5); those that are parsed begin with field 4.</summary>
    private const int ThreadsField = 20 - 4;

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
        Span<byte> buffer = stackalloc byte[BufferSize];
        long now = Stopwatch.GetTimestamp();
        Span<long> fields = stackalloc long[ThreadsField + 1];
        ProcFile.Read(pid, "stat"u8, buffer, out ReadOnlySpan<byte> stat);
        if (!ProcFile.ParseStat(stat, out char state, fields) || state is 'Z' or 'X')
            return false;

        // Not the rss of stat, which is an estimate since 6.2: wrong by up to 64 pages for each CPU. statm is exact since 6.17.
        ProcFile.Read(pid, "statm"u8, buffer, out ReadOnlySpan<byte> statm);
        if (!ParseStatm(statm, out long pages))
            return false;
        ProcFile.Read(pid, "io"u8, buffer, out ReadOnlySpan<byte> io);
        tick = new(
            now, pages * _pageSize, Field(io, "\nread_bytes: "u8), Field(io, "\nwrite_bytes: "u8), (int)fields[ThreadsField], Fds(pid),
            (byte)state);
        return true;
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
        ProcFile.Compose(new(path, PathSize), pid, "fd"u8);
        statx_t stat;

        // Since 6.2 the size of the directory is their number; before it is 0.
        return Linux.statx(LibC.AT_FDCWD, path, 0, Linux.STATX_SIZE, &stat) == 0 && stat.stx_size > 0
            ? (int)stat.stx_size
            : ProcFile.CountEntries(pid, "fd"u8);
    }
}
