using System.Runtime.InteropServices;

namespace ForkFollow.Native;

/// <summary>inherited_signals.c.</summary>
public static unsafe partial class Linux
{
    /// <summary>
    /// Which signals this process was started with as ignored, and as blocked: bit 0 is signal 1. Only in a native program that has
    /// inherited_signals.c linked into it; elsewhere there is no such library.
    /// </summary>
    [LibraryImport("forkfollow")]
    public static partial void forkfollow_inherited_signals(ulong* ignored, ulong* blocked);
}
