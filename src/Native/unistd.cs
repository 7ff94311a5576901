using System.Runtime.InteropServices;

namespace ForkFollow.Native;

public static unsafe partial class Linux
{
    /// <summary>The caller's thread id. glibc has it since 2.30.</summary>
    [LibraryImport(Library)]
    public static partial int gettid();
}
