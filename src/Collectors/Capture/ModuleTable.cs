using ForkFollow.Follower;
using ForkFollow.Results;
using ForkFollow.Results.Protocol;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Gives each file with code its number in the recording, and its symbols, which <see cref="ModuleFiles"/> reads when it is first seen if
/// it may be opened then; if not, with the next process that maps it, or when the run has ended. One file that comes by several paths or
/// inodes is one module if it has a build id. Reader thread.
/// </summary>
/// <param name="unwinds">Whether stacks are unwound by copies (<see cref="OpenImage"/>).</param>
internal sealed class ModuleTable(bool unwinds)
{
    private readonly Dictionary<MappedFile, int> _numbers = [];
    private readonly Dictionary<(string Path, string BuildId), int> _byBuildId = [];
    private readonly List<ModuleSymbols?> _symbols = [];

    /// <summary>Files that could not be opened yet, by number.</summary>
    private readonly Dictionary<int, UnreadFile> _unread = [];
    private readonly ModuleFiles _files = new(unwinds);
    private int _kernel = -1;
    private int _vdso = -1;
    private int _unknown = -1;

    /// <summary>The symbols of a file; null if it could not be opened, and for the kernel, the vdso and JITs. When the run has ended.</summary>
    internal ModuleSymbols? SymbolsOf(int module, Chunk chunk)
    {
        if (_unread.TryGetValue(module, out UnreadFile file))
        {
            _unread.Remove(module);
            Found(module, _files.ReadLate(file), chunk);
        }

        return _symbols[module];
    }

    /// <summary>What unwinding needs of a file, the caller's to close; null if it cannot be had. When the run has ended.</summary>
    internal UnwindImage? OpenImage(int module, Chunk chunk)
    {
        if (module == _vdso)
            return Symbols.Vdso.ReadBytes(out _) is { } bytes ? UnwindImage.Make(new ByteSource(bytes)) : null;
        return SymbolsOf(module, chunk)?.OpenImage();
    }

    internal bool IsKernel(int module) => module == _kernel;

    internal bool IsVdso(int module) => module == _vdso;

    /// <summary>Reads the executable of a process that has just begun to run it: it may be removed before its mapping comes.</summary>
    /// <returns>Whether the files that it will map should be read soon, too.</returns>
    internal bool ReadExecutable(FollowedProcess process) => _files.ReadExecutable(process);

    /// <summary>Functions are told soon: what of a file is needed for that is read then.</summary>
    internal void EndCopying() => _files.EndCopying();

    /// <summary>The number of a mapped file.</summary>
    internal int Intern(MappedFile file, ProcessImage image, ulong start, ulong end, Chunk chunk)
    {
        if (_numbers.TryGetValue(file, out int number))
        {
            if (_unread.Count > 0 && _unread.ContainsKey(number))
                Found(number, _files.Read(file, image, start, end), chunk);
            return number;
        }

        number = file.Path == "[vdso]" ? Vdso(chunk) : AddFile(file, image, _files.Read(file, image, start, end), chunk);
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

    private int Vdso(Chunk chunk)
    {
        if (_vdso < 0)
            _vdso = Add("[vdso]", "", Module.Types.Kind.User, null, chunk);
        return _vdso;
    }

    private int AddFile(MappedFile file, ProcessImage image, ModuleSymbols? symbols, Chunk chunk)
    {
        (string, string) key = (file.Path, symbols?.BuildId ?? "");
        if (key.Item2.Length > 0 && _byBuildId.TryGetValue(key, out int number))
            return number;
        number = Add(file.Path, key.Item2, Module.Types.Kind.User, symbols, chunk);
        if (symbols is null)
            _unread.Add(number, new(file, image.SeesOwnRoot));
        else if (key.Item2.Length > 0)
            _byBuildId.Add(key, number);
        return number;
    }

    /// <summary>A file that could not be opened before, if it could now.</summary>
    private void Found(int number, ModuleSymbols? symbols, Chunk chunk)
    {
        if (symbols is null)
            return;
        _unread.Remove(number);
        _symbols[number] = symbols;
        if (symbols.BuildId.Length > 0)
            chunk.BuildIds.Add(new LateBuildId { Module = (uint)number, BuildId = symbols.BuildId });
    }

    private int Add(string path, string buildId, Module.Types.Kind kind, ModuleSymbols? symbols, Chunk chunk)
    {
        chunk.Modules.Add(new Module { Path = path, BuildId = buildId, Kind = kind });
        _symbols.Add(symbols);
        return _symbols.Count - 1;
    }
}
