using ForkFollow.Results.Protocol;
using Google.Protobuf;

namespace ForkFollow.Results;

/// <summary>
/// Appends to profile.data (its format: Protocol/recording.proto). When the disk is full it says so once and writes no
/// more: what was written stays readable. Reader thread.
/// </summary>
public sealed class RecordingWriter : IDisposable
{
    private readonly GrowingFile _file;
    private readonly Action<string> _report;
    private bool _failed;

    /// <param name="directory">The result directory. The file is made when there is something to write.</param>
    /// <param name="report">Takes one line if writing fails.</param>
    public RecordingWriter(ResultDirectory directory, Action<string> report)
    {
        ArgumentNullException.ThrowIfNull(directory);
        _file = directory.Grow(RecordingReader.Name);
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
            if (chunk.CalculateSize() > RecordingReader.MostBytes)
                throw new IOException("there is more of it in a second than can be read back");
            using var buffer = new MemoryStream();
            chunk.WriteDelimitedTo(buffer);
            _file.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        }
        catch (IOException e)
        {
            _failed = true;
            _report($"cannot write {_file.FullName}: {e.Message}; samples from now on are lost, free space there");
        }
    }

    /// <summary>All is written: says so if the file is not there any more.</summary>
    public void End()
    {
        if (!_failed && _file.IsGone)
            _report($"{_file.FullName} was removed while the run went on: its samples are lost");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
