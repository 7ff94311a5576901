namespace ForkFollow.Results;

/// <summary>A file as a stream that is written from its beginning. One thread.</summary>
internal sealed class ResultStream(ResultFile file) : WriteStream
{
    private long _length;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        file.Write(buffer, _length);
        _length += buffer.Length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
