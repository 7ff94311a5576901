using System.Buffers.Text;
using ForkFollow.Collectors.Interop;

namespace ForkFollow.Collectors.DotNet;

/// <summary>What /proc/PID/stat says that is needed to find a runtime. Reading allocates nothing; any thread.</summary>
/// <param name="State">The state letter.</param>
/// <param name="StartTime">When it started, in clock ticks since the boot: with its pid, who it is.</param>
/// <param name="EnvironmentStart">Address of its environment block; 0 if that may not be known.</param>
/// <param name="EnvironmentEnd">The address behind the block.</param>
internal readonly record struct ProcStat(byte State, ulong StartTime, ulong EnvironmentStart, ulong EnvironmentEnd)
{
    /// <summary>52 numbers and a name of at most 64 bytes.</summary>
    private const int BufferSize = 2048;

    private const int PathSize = 32;

    /// <summary>Composes <c>/proc/PID/NAME</c>; the name ends with a zero. At most 32 bytes.</summary>
    internal static unsafe void Compose(byte* path, int pid, ReadOnlySpan<byte> name)
    {
        var target = new Span<byte>(path, PathSize);
        "/proc/"u8.CopyTo(target);
        Utf8Formatter.TryFormat(pid, target[6..], out int digits);
        name.CopyTo(target[(6 + digits)..]);
    }

    /// <summary>Reads it. False if the process is gone.</summary>
    internal static unsafe bool TryRead(int pid, out ProcStat stat)
    {
        byte* path = stackalloc byte[PathSize];
        byte* buffer = stackalloc byte[BufferSize];
        Compose(path, pid, "/stat\0"u8);
        stat = default;
        int fd = LibC.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC);
        if (fd < 0)
            return false;
        nint got = LibC.read(fd, buffer, BufferSize);
        _ = LibC.close(fd);
        return got > 0 && TryParse(new(buffer, (int)got), out stat);
    }

    /// <summary>Parses the content. The name, field 2, may hold spaces and parentheses; the state is field 3.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out ProcStat stat)
    {
        stat = default;
        int close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= text.Length)
            return false;
        ReadOnlySpan<byte> rest = text[(close + 2)..];
        byte state = rest[0];
        bool all = TryField(rest, 22, out ulong startTime) & TryField(rest, 50, out ulong envStart)
            & TryField(rest, 51, out ulong envEnd);
        stat = new(state, startTime, envStart, envEnd);
        return all;
    }

    private static bool TryField(ReadOnlySpan<byte> fromThird, int number, out ulong value)
    {
        for (int i = 3; i < number; i++)
            fromThird = fromThird[(fromThird.IndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(fromThird, out value, out _);
    }
}
