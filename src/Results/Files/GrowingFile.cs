namespace ForkFollow.Results;

/// <summary>
/// A file that grows while the run goes on, made of pieces. It is there under its name from its first whole piece on, and what is
/// there is whole pieces: one that cannot be written is cut off again. One thread at a time.
/// <code>
/// made ──first piece──► named ──pieces──► closed
/// </code>
/// </summary>
public sealed class GrowingFile : WriteStream
{
    private readonly Folder _folder;
    private ResultFile? _file;
    private long _length;

    internal GrowingFile(Folder folder, string name, string path) => (_folder, Name, FullName) = (folder, name, path);

    /// <summary>Its name in its directory.</summary>
    public string Name { get; }

    /// <summary>Its path, for messages.</summary>
    public string FullName { get; }

    /// <summary>Whether it was written and somebody has removed it since.</summary>
    public bool IsGone => _file?.IsGone ?? false;

    /// <summary>Appends a piece.</summary>
    /// <exception cref="IOException">It could not be; the pieces before are there.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.IsEmpty)
            return;
        if (_file is null)
        {
            Begin(buffer);
            return;
        }

        try
        {
            _file.Write(buffer, _length);
            _length += buffer.Length;
        }
        catch (IOException)
        {
            _file.Cut(_length);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file?.Dispose();
        base.Dispose(disposing);
    }

    private void Begin(ReadOnlySpan<byte> piece)
    {
        string temporary = ResultDirectory.TemporaryOf(Name);
        var file = new ResultFile(_folder.MakeFile(temporary));
        try
        {
            file.Write(piece, 0);
            _folder.Rename(temporary, Name);
        }
        catch
        {
            file.Dispose();
            _folder.RemoveFile(temporary);
            throw;
        }

        _file = file;
        _length = piece.Length;
    }
}
