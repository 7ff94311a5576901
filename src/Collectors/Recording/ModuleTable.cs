using ForkFollow.Collectors.Recording.Protocol;

namespace ForkFollow.Collectors.Recording;

/// <summary>Gives each file with code its number in the recording. Reader thread.</summary>
internal sealed class ModuleTable
{
    private readonly Dictionary<(string Path, string BuildId), int> _numbers = [];
    private int _count;
    private int _kernel = -1;

    /// <summary>Whether a mapping's name is that of a file with code (or the vdso), not of memory that JITs write to.</summary>
    internal static bool IsFile(string path) =>
        path.Length > 0
        && path is not (['/', '/', ..] or ['[', ..]) | path == "[vdso]"
        && !path.StartsWith("/memfd:", StringComparison.Ordinal)
        && !path.StartsWith("/dev/zero", StringComparison.Ordinal)
        && !path.StartsWith("/SYSV", StringComparison.Ordinal)
        && !path.StartsWith("anon_inode:", StringComparison.Ordinal);

    /// <summary>The number of a file.</summary>
    internal int Intern(string path, string? buildId, Chunk chunk)
    {
        (string, string) key = (path, buildId ?? "");
        if (_numbers.TryGetValue(key, out int number))
            return number;
        number = Add(path, buildId ?? "", Module.Types.Kind.User, chunk);
        _numbers.Add(key, number);
        return number;
    }

    /// <summary>The number of the kernel.</summary>
    internal int Kernel(Chunk chunk)
    {
        if (_kernel < 0)
            _kernel = Add("[kernel]", "", Module.Types.Kind.Kernel, chunk);
        return _kernel;
    }

    /// <summary>A number for the code that a process made itself.</summary>
    internal int Jit(Chunk chunk) => Add("[jit]", "", Module.Types.Kind.Jit, chunk);

    private int Add(string path, string buildId, Module.Types.Kind kind, Chunk chunk)
    {
        chunk.Modules.Add(new Module { Path = path, BuildId = buildId, Kind = kind });
        return _count++;
    }
}
