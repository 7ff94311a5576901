using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Interop;

/// <summary>struct statx, without the times and counts that nothing here asks for; 256 bytes in all.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct statx_t
{
    [FieldOffset(20)] internal uint stx_uid;
    [FieldOffset(28)] internal ushort stx_mode;
    [FieldOffset(32)] internal ulong stx_ino;
    [FieldOffset(40)] internal ulong stx_size;
    [FieldOffset(112)] internal long stx_mtime_sec;
    [FieldOffset(120)] internal uint stx_mtime_nsec;
    [FieldOffset(136)] internal uint stx_dev_major;
    [FieldOffset(140)] internal uint stx_dev_minor;

    /// <summary>Since 5.8.</summary>
    [FieldOffset(144)] internal ulong stx_mnt_id;
}

internal static unsafe partial class LibC
{
    internal const int S_IFMT = 0xF000;
    internal const int S_IFREG = 0x8000;
    internal const int S_IFSOCK = 0xC000;
    internal const uint STATX_SIZE = 0x200;
    internal const uint STATX_BASIC_STATS = 0x7FF;
    internal const uint STATX_MNT_ID = 0x1000;

    /// <summary>statx(2): one layout on every architecture. Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int dirfd, string path, int flags, uint mask, statx_t* buffer);

    /// <inheritdoc cref="statx(int, string, int, uint, statx_t*)"/>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(int dirfd, byte* path, int flags, uint mask, statx_t* buffer);
}
