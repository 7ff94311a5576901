using System.Runtime.InteropServices;

namespace ForkFollow.Native;

/// <summary>Which file it is, and in which state: two equal ones have the same content, unless somebody forges times.</summary>
public readonly record struct FileIdentity(
    uint DeviceMajor, uint DeviceMinor, ulong Inode, ulong Size, long ModifiedSeconds, uint ModifiedNanoseconds);

/// <summary>
/// struct statx, without the times and counts that nothing here asks for; 256 bytes in all. Our own, since that of Tmds.LibC ends
/// before stx_mnt_id.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct statx_t
{
    [FieldOffset(16)] public uint stx_nlink;
    [FieldOffset(20)] public uint stx_uid;
    [FieldOffset(24)] public uint stx_gid;
    [FieldOffset(28)] public ushort stx_mode;
    [FieldOffset(32)] public ulong stx_ino;
    [FieldOffset(40)] public ulong stx_size;
    [FieldOffset(112)] public long stx_mtime_sec;
    [FieldOffset(120)] public uint stx_mtime_nsec;
    [FieldOffset(136)] public uint stx_dev_major;
    [FieldOffset(140)] public uint stx_dev_minor;

    /// <summary>Since 5.8.</summary>
    [FieldOffset(144)] public ulong stx_mnt_id;

    /// <summary>Which file it is, by STATX_BASIC_STATS.</summary>
    public readonly FileIdentity Identity => new(stx_dev_major, stx_dev_minor, stx_ino, stx_size, stx_mtime_sec, stx_mtime_nsec);
}

public static unsafe partial class Linux
{
    public const int S_IFMT = 0xF000;
    public const int S_IFREG = 0x8000;
    public const int S_IWGRP = 0x10;
    public const int S_IWOTH = 0x2;
    public const int S_IFSOCK = 0xC000;
    public const uint STATX_SIZE = 0x200;
    public const uint STATX_BASIC_STATS = 0x7FF;

    public const int AT_STATX_DONT_SYNC = 0x4000;
    public const uint STATX_MNT_ID = 0x1000;

    /// <summary>statx(2): one layout on every architecture. Returns 0, or -1 with errno.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int statx(int dirfd, byte* path, int flags, uint mask, statx_t* buffer);
}
