using System.Buffers.Text;
using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ForkFollow.Native;

/// <summary>What came of reading a file of a process in /proc.</summary>
public enum ProcOutcome
{
    /// <summary>It was read, as far as the buffer went.</summary>
    Read,

    /// <summary>The process is gone, or has no such file (ENOENT, ESRCH).</summary>
    Gone,

    /// <summary>It is not ours to look at (EACCES, EPERM).</summary>
    Refused,

    /// <summary>We have no descriptor or memory left (EMFILE, ENFILE, ENOMEM): it says nothing of the process.</summary>
    Exhausted,

    /// <summary>Anything else.</summary>
    Failed,
}

/// <summary>
/// Reads the files of a process in /proc, without allocating on the managed heap: bytes into memory of the caller's. Any thread;
/// the buffer is one thread's. <see cref="Linux.Errno"/> has the reason behind an outcome.
/// </summary>
public static unsafe class ProcFile
{
    private const int PathLength = 64;

    /// <summary>Reads /proc/PID/FILE into a buffer that does not grow.</summary>
    public static ProcOutcome Read(int pid, ReadOnlySpan<byte> file, Span<byte> buffer, out ReadOnlySpan<byte> text)
    {
        text = default;
        ProcOutcome outcome = Open(pid, file, out int fd);
        if (outcome != ProcOutcome.Read)
            return outcome;
        int length = 0;
        fixed (byte* target = buffer)
        {
            long got = 0;
            while (length < buffer.Length && (got = ReadSome(fd, target + length, buffer.Length - length)) > 0)
                length += (int)got;
            outcome = got < 0 ? OutcomeOf(Linux.Errno) : ProcOutcome.Read;
        }

        _ = LibC.close(fd);
        text = buffer[..length];
        return outcome;
    }

    /// <summary>Reads /proc/PID/FILE into a buffer that grows up to its limit; a longer text is cut.</summary>
    public static ProcOutcome Read(int pid, ReadOnlySpan<byte> file, ProcBuffer buffer, out ReadOnlySpan<byte> text)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        text = default;
        ProcOutcome outcome = Open(pid, file, out int fd);
        if (outcome != ProcOutcome.Read)
            return outcome;
        int length = 0;
        long got;
        while ((got = ReadSome(fd, buffer.Start + length, buffer.Capacity - length)) > 0)
        {
            length += (int)got;
            if (length == buffer.Capacity && !buffer.Grow())
                break;
        }

        outcome = got < 0 ? OutcomeOf(Linux.Errno) : ProcOutcome.Read;
        _ = LibC.close(fd);
        text = new(buffer.Start, length);
        return outcome;
    }

    /// <summary>Reads the target of the link /proc/PID/LINK; cut at the buffer's end.</summary>
    public static ProcOutcome ReadLink(int pid, ReadOnlySpan<byte> link, Span<byte> buffer, out ReadOnlySpan<byte> target)
    {
        byte* path = stackalloc byte[PathLength];
        Compose(new(path, PathLength), pid, link);
        fixed (byte* start = buffer)
        {
            long got = LibC.readlink(path, start, (size_t)(ulong)buffer.Length);
            target = got < 0 ? default : buffer[..(int)got];
            return got < 0 ? OutcomeOf(Linux.Errno) : ProcOutcome.Read;
        }
    }

    /// <summary>What an errno of a call on a file of /proc means.</summary>
    public static ProcOutcome OutcomeOf(int errno) => errno switch
    {
        0 => ProcOutcome.Read,
        Linux.ENOENT or Linux.ESRCH => ProcOutcome.Gone,
        Linux.EACCES or Linux.EPERM => ProcOutcome.Refused,
        Linux.EMFILE or Linux.ENFILE or Linux.ENOMEM => ProcOutcome.Exhausted,
        _ => ProcOutcome.Failed,
    };

    /// <summary>Writes <c>/proc/PID/FILE</c> and a zero byte.</summary>
    public static void Compose(Span<byte> path, int pid, ReadOnlySpan<byte> file)
    {
        "/proc/"u8.CopyTo(path);
        int at = 6;
        Utf8Formatter.TryFormat(pid, path[at..], out int digits);
        at += digits;
        path[at++] = (byte)'/';
        file.CopyTo(path[at..]);
        path[at + file.Length] = 0;
    }

    /// <summary>The number behind <paramref name="key"/> in a file of <c>Key:\tvalue</c> lines; 0 if there is none.</summary>
    public static long Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        int at = text.IndexOf(key);
        if (at < 0)
            return 0;
        ReadOnlySpan<byte> value = text[(at + key.Length)..].TrimStart(" \t"u8);
        return Utf8Parser.TryParse(value, out long number, out _) ? number : 0;
    }

    /// <summary>
    /// The numbers of /proc/PID/stat behind the command name, which may itself hold spaces and parentheses.
    /// <paramref name="fields"/>[0] is field 4 of proc(5), the parent's pid.
    /// </summary>
    /// <returns>Whether there were so many.</returns>
    public static bool ParseStat(ReadOnlySpan<byte> stat, Span<long> fields) => ParseStat(stat, out _, fields);

    /// <summary>The same with field 3, the state letter.</summary>
    public static bool ParseStat(ReadOnlySpan<byte> stat, out char state, Span<long> fields)
    {
        state = '?';
        int close = stat.LastIndexOf((byte)')');
        if (close < 0 || close + 4 > stat.Length)
            return false;
        state = (char)stat[close + 2];
        ReadOnlySpan<byte> rest = stat[(close + 4)..];
        for (int i = 0; i < fields.Length; i++)
        {
            rest = rest.TrimStart((byte)' ');
            if (!Utf8Parser.TryParse(rest, out fields[i], out int used))
            {
                // Some fields are unsigned and larger than a long; none of ours is.
                used = rest.IndexOf((byte)' ');
                if (used <= 0)
                    return false;
            }

            rest = rest[used..];
        }

        return true;
    }

    private static ProcOutcome Open(int pid, ReadOnlySpan<byte> file, out int fd)
    {
        byte* path = stackalloc byte[PathLength];
        Compose(new(path, PathLength), pid, file);
        fd = LibC.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC, default);
        return fd < 0 ? OutcomeOf(Linux.Errno) : ProcOutcome.Read;
    }

    private static long ReadSome(int fd, byte* target, int length)
    {
        long got;
        do
            got = LibC.read(fd, target, length);
        while (got < 0 && Linux.Errno == Linux.EINTR);
        return got;
    }
}

/// <summary>Memory outside of the managed heap that grows with what is read into it. One thread.</summary>
public sealed unsafe class ProcBuffer : IDisposable
{
    private const int InitialCapacity = 64 * 1024;

    /// <summary>Longer than ARG_MAX can be on a default stack limit; a longer command line is cut.</summary>
    private const int MaxCapacity = 4 * 1024 * 1024;

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(Start);
        Start = null;
        GC.SuppressFinalize(this);
    }

    ~ProcBuffer() => NativeMemory.Free(Start);

    internal byte* Start { get; private set; } = (byte*)NativeMemory.Alloc(InitialCapacity);

    internal int Capacity { get; private set; } = InitialCapacity;

    internal bool Grow()
    {
        if (Capacity >= MaxCapacity)
            return false;
        Capacity *= 4;
        Start = (byte*)NativeMemory.Realloc(Start, (nuint)Capacity);
        return true;
    }
}
