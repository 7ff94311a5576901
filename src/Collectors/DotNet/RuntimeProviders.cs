using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// What a runtime is asked for. Level verbose gives the times of the just-in-time compiler and an event for each 100 kB
/// allocated; docs/adr/0016 has what that costs. Precompiled methods come with the rundown alone: an event for each as it is
/// first used is four times dearer.
/// Any thread.
/// </summary>
internal static class RuntimeProviders
{
    /// <summary>The runtime's own events.</summary>
    internal const string Runtime = "Microsoft-Windows-DotNETRuntime";

    /// <summary>The methods that are there when the session ends.</summary>
    internal const string Rundown = "Microsoft-Windows-DotNETRuntimeRundown";

    /// <summary>The event counters of System.Runtime.</summary>
    internal const string Counters = "System.Runtime";

    /// <summary>What the event pipe itself tells first: the process.</summary>
    internal const string Pipe = "Microsoft-DotNETCore-EventPipe";

    /// <summary>
    /// Loader, NGEN and end of the rundown: precompiled methods, without the maps from IL to native code that the default
    /// (0x80020139) has too. Runtimes before .NET 9 do not know how to be asked for less than that.
    /// </summary>
    private const long PrecompiledKeywords = 0x128;

    /// <summary>The methods that the runtime has compiled, for a session that was not there from its start.</summary>
    private const long JittedKeyword = 0x10;

    /// <summary>GC 0x1, loader 0x8, JIT 0x10, contention 0x4000, exceptions 0x8000, threading 0x10000.</summary>
    private const long RuntimeKeywords = 0x1_C019;

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<EventPipeProvider> All { get; } =
    [
        new(Runtime, EventLevel.Verbose, RuntimeKeywords),
        new(Counters, EventLevel.Informational, -1, new Dictionary<string, string> { ["EventCounterIntervalSec"] = "1" }),
    ];

    /// <summary>
    /// Sessions to ask a runtime for, the best one first; an older runtime refuses with UnsupportedCommandException what it
    /// does not know. Without a stack for each event, which nothing here reads, from .NET 8 on; with a short rundown from .NET 9.
    /// </summary>
    /// <param name="fromStart">Whether the runtime waits: then all that it compiles is told as it does so.</param>
    /// <param name="bufferMb">How much the runtime may buffer, in MB; what does not fit is lost, and counted.</param>
    internal static IReadOnlyList<EventPipeSessionConfiguration> Sessions(bool fromStart, int bufferMb) =>
    [
        new(All, bufferMb, PrecompiledKeywords | (fromStart ? 0 : JittedKeyword), requestStackwalk: false),
        new(All, bufferMb, requestRundown: true, requestStackwalk: false),
        new(All, bufferMb, requestRundown: true, requestStackwalk: true),
    ];
}
