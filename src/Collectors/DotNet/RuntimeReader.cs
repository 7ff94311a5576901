using System.Diagnostics.Tracing;
using ForkFollow.Follower;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>What a runtime is asked for.</summary>
internal static class RuntimeProviders
{
    /// <summary>GC, JIT, loader, exceptions, contention and thread pool of the runtime itself.</summary>
    internal static IReadOnlyList<EventPipeProvider> All { get; } =
        [new("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, 0x1_C001_C019)];
}

/// <summary>What was read of one runtime. Immutable.</summary>
/// <param name="Bytes">How many bytes of events there were.</param>
internal sealed record RuntimeSummary(long Bytes);

/// <summary>Reads the events of one runtime. One thread.</summary>
internal sealed class RuntimeReader
{
    private long _bytes;

    internal RuntimeReader(FollowedProcess process) => Process = process;

    internal FollowedProcess Process { get; }

    /// <summary>What was read so far. Any thread.</summary>
    internal RuntimeSummary Summary => new(Volatile.Read(ref _bytes));

    /// <summary>Reads until the stream ends.</summary>
    internal void Read(Stream eventStream, Stream? copyTo)
    {
        byte[] buffer = new byte[64 * 1024];
        int got;
        while ((got = eventStream.Read(buffer)) > 0)
        {
            Volatile.Write(ref _bytes, _bytes + got);
            copyTo?.Write(buffer, 0, got);
        }
    }
}
