using System.Runtime.InteropServices;

namespace ForkFollow.Native;

public static unsafe partial class Linux
{
    public const uint RENAME_EXCHANGE = 2;

    /// <summary>renameat2(2). glibc has it since 2.28. Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int renameat2(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, uint flags);
}
