using System.IO.MemoryMappedFiles;

namespace ForkFollow.Follower.KernelTests;

/// <summary>A file that a tracee writes through a mapping, and that a test reads through another.</summary>
internal sealed class SharedLongs : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    internal SharedLongs(string path, int bytes)
    {
        Path = path;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.CreateNew, mapName: null, bytes);
        _view = _file.CreateViewAccessor();
    }

    internal string Path { get; }

    internal int Int(int index) => _view.ReadInt32(index * sizeof(int));

    internal long Long(int index) => _view.ReadInt64(index * sizeof(long));

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
