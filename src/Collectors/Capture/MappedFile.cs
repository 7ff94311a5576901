using ForkFollow.Native;

namespace ForkFollow.Collectors.Capture;

/// <summary>A file that a process has mapped, as the record of it tells.</summary>
/// <param name="Path">Its path in the process' root; " (deleted)" behind it if it had been removed.</param>
/// <param name="Inode">Which file that is; default if only the path is known.</param>
internal readonly record struct MappedFile(string Path, MappedInode Inode)
{
    /// <summary>Whether that is a file with code (or the vdso), not memory that compilers write to.</summary>
    internal bool HasCode =>
        Path == "[vdso]"
        || (Path is not ("" or ['[', ..] or ['/', '/', ..])
            && !Path.StartsWith("/memfd:", StringComparison.Ordinal)
            && !Path.StartsWith("/dev/zero", StringComparison.Ordinal)
            && !Path.StartsWith("/SYSV", StringComparison.Ordinal)
            && !Path.StartsWith("anon_inode:", StringComparison.Ordinal));
}

/// <summary>An inode as an MMAP2 record has it. The generation tells two files apart that had one number.</summary>
internal readonly record struct MappedInode(uint Major, uint Minor, ulong Number, ulong Generation)
{
    /// <summary>
    /// Whether an open file is another one for certain. Of overlay file systems and btrfs the record has another device than
    /// stat(2): then nothing is certain.
    /// </summary>
    internal bool IsNot(in FileIdentity file) =>
        Number != 0 && (Major, Minor) == (file.DeviceMajor, file.DeviceMinor) && Number != file.Inode;

    /// <summary>Whether it is an open file for certain.</summary>
    internal bool Is(in FileIdentity file) =>
        Number != 0 && (Major, Minor, Number) == (file.DeviceMajor, file.DeviceMinor, file.Inode);
}
