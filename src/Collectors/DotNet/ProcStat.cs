using ForkFollow.Native;

namespace ForkFollow.Collectors.DotNet;

/// <summary>What /proc/PID/stat says that is needed to find a runtime. Reading allocates nothing; any thread.</summary>
/// <param name="State">The state letter.</param>
/// <param name="StartTime">When it started, in clock ticks since the boot: with its pid, who it is.</param>
/// <param name="EnvironmentStart">Address of its environment block; 0 if that may not be known.</param>
/// <param name="EnvironmentEnd">The address behind the block.</param>
internal readonly record struct ProcStat(char State, long StartTime, long EnvironmentStart, long EnvironmentEnd)
{
    /// <summary>52 numbers and a name of at most 64 bytes.</summary>
    private const int BufferSize = 2048;

    /// <summary>Fields are counted from 1 in proc(5); those that are parsed begin with field 4.</summary>
    private const int FirstField = 4;

    /// <summary>Reads it. False if the process is gone.</summary>
    internal static bool TryRead(int pid, out ProcStat stat)
    {
        Span<byte> buffer = stackalloc byte[BufferSize];
        ProcFile.Read(pid, "stat"u8, buffer, out ReadOnlySpan<byte> text);
        return TryParse(text, out stat);
    }

    /// <summary>Parses the content.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out ProcStat stat)
    {
        Span<long> fields = stackalloc long[51 - FirstField + 1];
        bool all = ProcFile.ParseStat(text, out char state, fields);
        stat = all ? new(state, fields[22 - FirstField], fields[50 - FirstField], fields[51 - FirstField]) : default;
        return all;
    }
}
