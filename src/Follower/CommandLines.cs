namespace ForkFollow.Follower;

/// <summary>
/// Command lines as they are kept. One may have 4 MB and a run a million of them: each has its first <see cref="Always"/> bytes, and is
/// whole as long as what is beyond has <see cref="Room"/> in all. Tracer thread.
/// </summary>
internal sealed class CommandLines
{
    internal const int Always = 1024;
    internal const long Room = 64 << 20;

    private static readonly byte[] _mark = [.. "…"u8];

    private long _left = Room;

    /// <summary>How many were cut.</summary>
    internal long Cut { get; private set; }

    /// <summary>A copy of a command line, or of its beginning, with … behind it.</summary>
    internal byte[] Keep(ReadOnlySpan<byte> commandLine)
    {
        int beyond = commandLine.Length - Always;
        if (beyond > _left)
        {
            Cut++;
            return [.. commandLine[..Always], .. _mark];
        }

        _left -= Math.Max(0, beyond);
        return commandLine.ToArray();
    }
}
