using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

internal static unsafe partial class LibC
{
    /// <summary>sched_yield(2). Always 0 on Linux.</summary>
    [LibraryImport(Library)]
    internal static partial int sched_yield();
}
