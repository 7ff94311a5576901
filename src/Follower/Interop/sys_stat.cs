using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

internal static unsafe partial class LibC
{
    internal const int AT_FDCWD = -100;

    /// <summary>mkfifo(3). Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkfifo(string path, uint mode);

    /// <summary>statx(2): one layout on every architecture. Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(int dirfd, byte* path, int flags, uint mask, statx_t* buffer);
}

/// <summary>The head of struct statx; 256 bytes in all.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct statx_t
{
    [FieldOffset(20)] internal uint stx_uid;
    [FieldOffset(24)] internal uint stx_gid;
    [FieldOffset(28)] internal ushort stx_mode;
}
