using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
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

    /// <summary>The reading has not come back in time (<see cref="PatientFile"/>).</summary>
    Stuck,

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

    /// <summary>A descriptor to give up where none is left: who a held child is must be known then too. -1 while it is lent.</summary>
    private static int _spare = OpenSpare();

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

        Close(fd);
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
        Close(fd);
        text = new(buffer.Start, length);
        return outcome;
    }

    /// <summary>Reads /proc/PID/FILE whole, into an array of its own: for those who may allocate. Empty unless it was read.</summary>
    public static ProcOutcome Read(int pid, ReadOnlySpan<byte> file, out byte[] text)
    {
        using var buffer = new ProcBuffer();
        ProcOutcome outcome = Read(pid, file, buffer, out ReadOnlySpan<byte> bytes);
        text = outcome == ProcOutcome.Read ? bytes.ToArray() : [];
        return outcome;
    }

    /// <summary>Appends the tids of the threads of a process.</summary>
    /// <returns>Read, or why there are not all: the process may have ended meanwhile.</returns>
    public static ProcOutcome ReadThreads(int pid, List<int> tids)
    {
        ArgumentNullException.ThrowIfNull(tids);
        return ForEachEntry(pid, "task"u8, AddNumbers(tids));
    }

    /// <summary>Appends the pids of all processes.</summary>
    /// <returns>Read, or why there are not all.</returns>
    public static ProcOutcome ReadProcesses(List<int> pids)
    {
        ArgumentNullException.ThrowIfNull(pids);
        return ForEachEntry("/proc\0"u8, AddNumbers(pids));
    }

    /// <summary>The name of a thread, without the end of its line; empty if it is gone.</summary>
    public static string ReadThreadName(int pid, int tid)
    {
        Span<byte> file = stackalloc byte[32];
        "task/"u8.CopyTo(file);
        Utf8Formatter.TryFormat(tid, file[5..], out int digits);
        "/comm"u8.CopyTo(file[(5 + digits)..]);
        Span<byte> buffer = stackalloc byte[64];
        Read(pid, file[..(5 + digits + 5)], buffer, out ReadOnlySpan<byte> text);
        return Encoding.UTF8.GetString(text.TrimEnd((byte)'\n'));
    }

    /// <summary>How many entries a folder of a process has, as /proc/PID/fd; -1 if that cannot be read.</summary>
    public static int CountEntries(int pid, ReadOnlySpan<byte> folder)
    {
        int count = 0;
        return ForEachEntry(pid, folder, _ => count++) == ProcOutcome.Read ? count : -1;
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

    /// <summary>The last word of a line of <c>Key:\ta\tb</c>; empty if there is none. NSpid: the innermost pid.</summary>
    public static ReadOnlySpan<byte> Last(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        int at = text.IndexOf(key);
        if (at < 0)
            return default;
        ReadOnlySpan<byte> line = text[(at + key.Length)..];
        int end = line.IndexOf((byte)'\n');
        line = (end < 0 ? line : line[..end]).TrimEnd(" \t"u8);
        return line[(line.LastIndexOfAny((byte)' ', (byte)'\t') + 1)..];
    }

    /// <summary>The second of the four ids of a line <c>\nUid:</c> or <c>\nGid:</c> of a status; -1 if there is none.</summary>
    public static long EffectiveId(ReadOnlySpan<byte> status, ReadOnlySpan<byte> key)
    {
        int at = status.IndexOf(key);
        if (at < 0)
            return -1;
        ReadOnlySpan<byte> ids = status[(at + key.Length)..].TrimStart((byte)'\t');
        int tab = ids.IndexOf((byte)'\t');
        return tab >= 0 && Utf8Parser.TryParse(ids[(tab + 1)..], out uint id, out _) ? id : -1;
    }

    private static EntryAction AddNumbers(List<int> numbers) => name =>
    {
        if (Utf8Parser.TryParse(name, out int number, out int used) && used == name.Length)
            numbers.Add(number);
    };

    private static ProcOutcome ForEachEntry(int pid, ReadOnlySpan<byte> folder, EntryAction action)
    {
        Span<byte> path = stackalloc byte[PathLength];
        Compose(path, pid, folder);
        return ForEachEntry(path, action);
    }

    private static ProcOutcome ForEachEntry(ReadOnlySpan<byte> path, EntryAction action)
    {
        const int Size = 4096;
        ProcOutcome outcome = Open(path, out int fd);
        if (outcome != ProcOutcome.Read)
            return outcome;
        byte* entries = stackalloc byte[Size];
        nint got;
        while ((got = Linux.getdents64(fd, entries, Size)) > 0)
        {
            for (nint at = 0; at < got;)
            {
                int length = *(ushort*)(entries + at + Linux.DirentReclen);
                var name = new ReadOnlySpan<byte>(entries + at + Linux.DirentName, length - Linux.DirentName);
                name = name[..name.IndexOf((byte)0)];
                if (name[0] != (byte)'.')
                    action(name);
                at += length;
            }
        }

        outcome = got < 0 ? OutcomeOf(Linux.Errno) : ProcOutcome.Read;
        Close(fd);
        return outcome;
    }

    private delegate void EntryAction(ReadOnlySpan<byte> name);

    private static ProcOutcome Open(int pid, ReadOnlySpan<byte> file, out int fd)
    {
        Span<byte> path = stackalloc byte[PathLength];
        Compose(path, pid, file);
        return Open(path, out fd);
    }

    private static ProcOutcome Open(ReadOnlySpan<byte> path, out int fd)
    {
        fixed (byte* start = path)
        {
            fd = LibC.open(start, LibC.O_RDONLY | LibC.O_CLOEXEC, default);
            if (fd < 0 && OutcomeOf(Linux.Errno) == ProcOutcome.Exhausted && Interlocked.Exchange(ref _spare, -1) is >= 0 and int spare)
            {
                _ = LibC.close(spare);
                fd = LibC.open(start, LibC.O_RDONLY | LibC.O_CLOEXEC, default);
            }
        }

        return fd < 0 ? OutcomeOf(Linux.Errno) : ProcOutcome.Read;
    }

    private static void Close(int fd)
    {
        int errno = Marshal.GetLastPInvokeError(); // of the reading: what the caller is told
        _ = LibC.close(fd);
        if (Volatile.Read(ref _spare) < 0 && OpenSpare() is >= 0 and int spare
            && Interlocked.CompareExchange(ref _spare, spare, -1) >= 0)
        {
            _ = LibC.close(spare);
        }

        Marshal.SetLastPInvokeError(errno);
    }

    private static int OpenSpare()
    {
        fixed (byte* path = "/\0"u8)
            return LibC.open(path, LibC.O_PATH | LibC.O_CLOEXEC);
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
