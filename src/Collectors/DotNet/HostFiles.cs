using System.Buffers.Binary;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// Tells which executables bring a .NET runtime into their process: the <c>dotnet</c> muxer and the hosts of applications
/// name libhostfxr.so, a single-file bundle has the bundle signature among its initialised data. Each file is read once;
/// then a process costs a statx. One thread, which may be the tracer's: known files allocate nothing.
/// <para>A file that says so and never starts a runtime is no harm: it finds its own name in the environment switched for a
/// while (see <see cref="SuspendSwitch"/>). A program that loads a runtime in another way is found by its endpoint.</para>
/// </summary>
internal sealed unsafe class HostFiles
{
    /// <summary>Muxer and application hosts have 70 to 150 KB. What is larger is a bundle, or none.</summary>
    private const ulong SmallFile = 2 << 20;

    /// <summary>The data segment of a bundle has less than 2 MB.</summary>
    private const ulong MostData = 16 << 20;

    private const int PathSize = 64;
    private const int ChunkSize = 128 * 1024;
    private const int Overlap = 64;
    private const int ElfHeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int MostProgramHeaders = 64;
    private const uint Loaded = 1;
    private const uint Writable = 2;

    private readonly Dictionary<FileIdentity, bool> _known = new(256);
    private readonly byte[] _buffer = new byte[Overlap + ChunkSize];

    /// <summary>What the SDK looks for in a host to write the place of its bundle in front of it (dotnet/runtime, bundle_marker.cpp).</summary>
    private static ReadOnlySpan<byte> Signature =>
    [
        0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32,
        0x13, 0xf5, 0xb9, 0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
    ];

    private static ReadOnlySpan<byte> Library => "libhostfxr.so"u8;

    /// <summary>Whether what a process executes brings a runtime. False if that cannot be seen.</summary>
    internal bool IsHost(int pid)
    {
        byte* path = stackalloc byte[PathSize];
        ProcFile.Compose(new(path, PathSize), pid, "exe"u8);
        statx_t stat;
        return Linux.statx(LibC.AT_FDCWD, path, 0, Linux.STATX_BASIC_STATS, &stat) == 0 && IsHost(pid, stat.Identity);
    }

    /// <summary>The same where it is known which file that is; default: it could not be seen.</summary>
    internal bool IsHost(int pid, FileIdentity identity)
    {
        if (identity == default)
            return false;
        if (_known.TryGetValue(identity, out bool known))
            return known;

        byte* path = stackalloc byte[PathSize];
        ProcFile.Compose(new(path, PathSize), pid, "exe"u8);
        int fd = LibC.open(path, LibC.O_RDONLY | LibC.O_CLOEXEC, default);
        if (fd < 0)
            return false;
        bool found = identity.Size <= SmallFile
            ? Holds(fd, 0, identity.Size, Library) || Holds(fd, 0, identity.Size, Signature)
            : DataHoldsSignature(fd);
        _ = LibC.close(fd);
        _known[identity] = found;
        return found;
    }

    private bool DataHoldsSignature(int fd)
    {
        byte* header = stackalloc byte[ElfHeaderSize];
        var elf = new ReadOnlySpan<byte>(header, ElfHeaderSize);
        if (LibC.pread(fd, header, ElfHeaderSize, 0) != ElfHeaderSize || !elf.StartsWith("\x7fELF\x02\x01"u8))
            return false;
        long at = BinaryPrimitives.ReadInt64LittleEndian(elf[32..]);
        int count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(elf[56..]), MostProgramHeaders);
        byte* program = stackalloc byte[ProgramHeaderSize];
        var segment = new ReadOnlySpan<byte>(program, ProgramHeaderSize);
        for (int i = 0; i < count; i++, at += ProgramHeaderSize)
        {
            if (LibC.pread(fd, program, ProgramHeaderSize, at) != ProgramHeaderSize)
                return false;
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) == Loaded
                && (BinaryPrimitives.ReadUInt32LittleEndian(segment[4..]) & Writable) != 0
                && Holds(
                    fd, BinaryPrimitives.ReadInt64LittleEndian(segment[8..]),
                    Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(segment[32..]), MostData), Signature))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a part of a file has some bytes, which are at most as long as the overlap.</summary>
    private bool Holds(int fd, long offset, ulong length, ReadOnlySpan<byte> bytes)
    {
        int kept = 0;
        fixed (byte* buffer = _buffer)
        {
            while (length > 0)
            {
                long got = LibC.pread(fd, buffer + kept, (size_t)(ulong)Math.Min(length, ChunkSize), offset);
                if (got <= 0)
                    return false;
                ReadOnlySpan<byte> all = _buffer.AsSpan(0, kept + (int)got);
                if (all.IndexOf(bytes) >= 0)
                    return true;
                offset += got;
                length -= (ulong)got;
                kept = Math.Min(Overlap, all.Length);
                all[^kept..].CopyTo(_buffer);
            }
        }

        return false;
    }
}
