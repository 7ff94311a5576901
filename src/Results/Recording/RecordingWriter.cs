using ForkFollow.Results.Protocol;
using Google.Protobuf;

namespace ForkFollow.Results;

/// <summary>
/// Appends to profile.data (its format: Protocol/recording.proto). When the disk is full it says so once and writes no
/// more: what was written stays readable. Reader thread.
/// </summary>
public sealed class RecordingWriter : IDisposable
{
    private readonly string _directory;
    private readonly Action<string> _report;
    private FileStream? _file;
    private bool _failed;

    /// <param name="directory">The result directory. The file is made when there is something to write.</param>
    /// <param name="report">Takes one line if writing fails.</param>
    public RecordingWriter(string directory, Action<string> report)
    {
        _directory = directory;
        _report = report;
    }

    /// <summary>Appends a chunk.</summary>
    public void Write(Chunk chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        if (_failed)
            return;
        try
        {
            _file ??= Create(Path.Combine(_directory, RecordingReader.Name));
            using var buffer = new MemoryStream();
            chunk.WriteDelimitedTo(buffer);
            _file.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failed = true;
            _report(
                $"cannot write {RecordingReader.Name}: {e.Message}; samples from now on are lost, free space in {_directory}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static FileStream Create(string path)
    {
        File.Delete(path);
        return new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, // O_EXCL: no link of somebody else's is followed
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0,
        });
    }
}
