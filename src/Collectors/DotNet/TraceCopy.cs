using ForkFollow.Follower;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// What the events of a runtime are copied to. Its failure must not end the reading: the first one is told, and nothing is
/// written any more. The thread that reads.
/// </summary>
internal sealed class TraceCopy : Stream
{
    private readonly FileStream _file;
    private readonly Action<string> _report;
    private bool _failed;

    private TraceCopy(FileStream file, Action<string> report)
    {
        _file = file;
        _report = report;
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Makes the file of a process. Null if it cannot be made, which was told.</summary>
    internal static TraceCopy? Create(string directory, FollowedProcess process, Action<string> report)
    {
        try
        {
            return new(TraceFile.Create(directory, process), report);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            report($"cannot make the trace of {process}: {e.Message}");
            return null;
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_failed)
            return;
        try
        {
            _file.Write(buffer);
        }
        catch (IOException e)
        {
            Fail(e);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        try
        {
            if (disposing)
                _file.Dispose();
        }
        catch (IOException e)
        {
            Fail(e);
        }

        base.Dispose(disposing);
    }

    private void Fail(IOException e)
    {
        if (!_failed)
            _report($"cannot write {_file.Name}: {e.Message}; the trace ends there");
        _failed = true;
    }
}
