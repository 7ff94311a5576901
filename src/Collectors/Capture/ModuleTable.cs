using System.Globalization;
using ForkFollow.Native;
using ForkFollow.Results;
using ForkFollow.Results.Protocol;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;

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

/// <summary>
/// Gives each file with code its number in the recording, and opens it when it is first seen: later its path may name
/// another file, or none. What is opened must be what was mapped, by its inode. One file that comes by several paths or
/// inodes is one module if it has a build id. Reader thread.
/// </summary>
internal sealed class ModuleTable : IDisposable
{
    private readonly Dictionary<MappedFile, int> _numbers = [];
    private readonly Dictionary<(string Path, string BuildId), int> _byBuildId = [];
    private readonly List<ModuleSymbols?> _symbols = [];
    private readonly SymbolCache _cache = new();
    private readonly OfferedFiles _offered = new();
    private int _kernel = -1;
    private int _vdso = -1;
    private int _unknown = -1;

    /// <summary>The symbols of a file; null if it could not be opened, and for the kernel, the vdso and JITs.</summary>
    internal ModuleSymbols? SymbolsOf(int module) => _symbols[module];

    /// <summary>What unwinding needs of a file, the caller's to close; null if it cannot be had. When the run has ended.</summary>
    internal UnwindImage? OpenImage(int module)
    {
        if (module == _vdso)
            return Symbols.Vdso.ReadBytes(out _) is { } bytes ? UnwindImage.Make(new ByteSource(bytes)) : null;
        using SafeFileHandle? file = _symbols[module]?.OpenFile();
        return file is null ? null : UnwindImage.Make(file);
    }

    internal bool IsKernel(int module) => module == _kernel;

    internal bool IsVdso(int module) => module == _vdso;

    /// <summary>Takes the executable of a process, opened while it was held: it may be removed before we come to it.</summary>
    internal void Offer(SafeFileHandle executable) => _offered.Add(executable);

    /// <summary>The number of a mapped file.</summary>
    internal int Intern(MappedFile file, ProcessImage image, ulong start, ulong end, Chunk chunk)
    {
        if (_numbers.TryGetValue(file, out int number))
            return number;
        if (file.Path == "[vdso]")
        {
            number = Vdso(chunk);
        }
        else
        {
            ModuleSymbols? symbols = Open(file, image, start, end);

            (string, string) key = (file.Path, symbols?.BuildId ?? "");
            if (key.Item2.Length == 0 || !_byBuildId.TryGetValue(key, out number))
            {
                number = Add(file.Path, key.Item2, Module.Types.Kind.User, symbols, chunk);
                if (key.Item2.Length > 0)
                    _byBuildId.Add(key, number);
            }
        }

        _numbers[file] = number;
        return number;
    }

    /// <summary>The number of the kernel.</summary>
    internal int Kernel(Chunk chunk)
    {
        if (_kernel < 0)
            _kernel = Add("[kernel]", "", Module.Types.Kind.Kernel, null, chunk);
        return _kernel;
    }

    /// <summary>The number of what is in no mapping.</summary>
    internal int Unknown(Chunk chunk)
    {
        if (_unknown < 0)
            _unknown = Add(ProfileModule.Unknown, "", Module.Types.Kind.User, null, chunk);
        return _unknown;
    }

    /// <summary>A number for the code that a process made itself.</summary>
    internal int Jit(Chunk chunk) => Add("[jit]", "", Module.Types.Kind.Jit, null, chunk);

    public void Dispose()
    {
        _offered.Dispose();
        _cache.Dispose();
    }

    private int Vdso(Chunk chunk)
    {
        if (_vdso < 0)
            _vdso = Add("[vdso]", "", Module.Types.Kind.User, null, chunk);
        return _vdso;
    }

    private int Add(string path, string buildId, Module.Types.Kind kind, ModuleSymbols? symbols, Chunk chunk)
    {
        chunk.Modules.Add(new Module { Path = path, BuildId = buildId, Kind = kind });
        _symbols.Add(symbols);
        return _symbols.Count - 1;
    }

    /// <summary>By its path; if that is another file by now, by the mapping itself; else as it was offered.</summary>
    private ModuleSymbols? Open(MappedFile file, ProcessImage image, ulong start, ulong end)
    {
        using TargetRoot? theirs = TargetRoot.OfProcess(image.Pid, out _);
        if (theirs is not null)
            image.SeesOwnRoot = theirs.IsOwn;
        TargetRoot root = theirs ?? TargetRoot.Own;

        // Of a process that is gone, in a root that may not have been ours, the path says nothing.
        bool certain = theirs is null && !image.SeesOwnRoot;
        ModuleSymbols? symbols = Get(root.Open(file.Path, out _), file, root, certain);
        if (symbols is null && theirs is not null)
        {
            string mapping = string.Create(CultureInfo.InvariantCulture, $"/proc/{image.Pid}/map_files/{start:x}-{end:x}");
            symbols = Get(RegularFile.Open(mapping, out _), file, root, certain);
        }

        return symbols ?? Get(_offered.Take(file), file, root, certain);
    }

    private ModuleSymbols? Get(SafeFileHandle? opened, MappedFile file, TargetRoot root, bool certain)
    {
        if (opened is null)
            return null;
        if (RegularFile.TryIdentify(opened, out FileIdentity identity, out _)
            && (certain ? file.Inode.Is(identity) : !file.Inode.IsNot(identity)))
        {
            return _cache.Get(opened, file.Path, root, out _);
        }

        opened.Dispose();
        return null;
    }
}
