using System.Globalization;
using ForkFollow.Collectors.Recording.Protocol;
using ForkFollow.Collectors.Symbols;
using ForkFollow.Collectors.Unwinding;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Collectors.Recording;

/// <summary>A file that a process has mapped, as the record of it tells.</summary>
/// <param name="Path">Its path in the process' root; " (deleted)" behind it if it had been removed.</param>
/// <param name="BuildId">Its build id in hexadecimal; empty if it has none or that is not known.</param>
/// <param name="Inode"><c>major:minor:inode</c>; empty if that is not known.</param>
internal readonly record struct MappedFile(string Path, string BuildId, string Inode)
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

/// <summary>
/// Gives each file with code its number in the recording, and opens it when it is first seen: later its path may name
/// another file, or none. What is opened must be what was mapped, by its build id. Reader thread.
/// </summary>
internal sealed class ModuleTable : IDisposable
{
    private readonly Dictionary<MappedFile, int> _numbers = [];
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
    internal int Intern(MappedFile file, int pid, ulong start, ulong end, Chunk chunk)
    {
        if (_numbers.TryGetValue(file, out int number))
            return number;
        if (file.Path == "[vdso]")
        {
            number = Vdso(chunk);
        }
        else
        {
            ModuleSymbols? symbols = Open(file, pid, start, end);

            // Known by its path alone (from /proc/PID/maps): it may be there already under its build id.
            MappedFile known = file.BuildId.Length > 0 || symbols is null ? file : file with { BuildId = symbols.BuildId, Inode = "" };
            if (!_numbers.TryGetValue(known, out number))
            {
                number = Add(file.Path, known.BuildId, Module.Types.Kind.User, symbols, chunk);
                _numbers[known] = number;
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
    private ModuleSymbols? Open(MappedFile file, int pid, ulong start, ulong end)
    {
        using TargetRoot? theirs = TargetRoot.OfProcess(pid, out _);
        TargetRoot root = theirs ?? TargetRoot.Own;
        ModuleSymbols? symbols = Get(root.Open(file.Path, out _), file, root);
        if (symbols is null && theirs is not null)
        {
            string mapping = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/map_files/{start:x}-{end:x}");
            symbols = Get(RegularFile.Open(mapping, out _), file, root);
        }

        return symbols ?? Get(_offered.Take(file), file, root);
    }

    private ModuleSymbols? Get(SafeFileHandle? opened, MappedFile file, TargetRoot root)
    {
        ModuleSymbols? symbols = opened is null ? null : _cache.Get(opened, file.Path, root, out _);
        return symbols is not null && (file.BuildId.Length == 0 || symbols.BuildId == file.BuildId) ? symbols : null;
    }
}
