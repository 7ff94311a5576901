namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// A stream that keeps a copy of all that is read from it, as long as the copy can be written: then
/// <see cref="CopyFault"/> says why not, and reading goes on. One thread.
/// </summary>
internal sealed class CopyingStream(Stream source, Stream? copy) : Stream
{
    private Stream? _copy = copy;

    /// <summary>Why there is no whole copy; null if there is, or none was asked for.</summary>
    internal string? CopyFault { get; private set; }

    /// <summary>How much was read.</summary>
    internal long Bytes { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int read = source.Read(buffer);
        Bytes += read;
        try
        {
            _copy?.Write(buffer[..read]);
        }
        catch (IOException e)
        {
            CopyFault = e.Message;
            _copy = null;
        }

        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
