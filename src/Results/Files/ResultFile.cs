using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Results;

/// <summary>
/// An open file of ours. What cannot be written is an IOException in the system's words, whatever it is that is full: .NET has three
/// kinds of exceptions for it. One thread at a time.
/// </summary>
public sealed class ResultFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    internal ResultFile(SafeFileHandle handle) => _handle = handle;

    /// <summary>Whether it has no name any more: somebody has removed it.</summary>
    public bool IsGone => Linux.fstat(_handle, out statx_t stat) == 0 && stat.stx_nlink == 0;

    /// <summary>Writes at an offset.</summary>
    /// <exception cref="IOException">It was not written, or in part: the disk or a quota is full, the file is too large.</exception>
    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, offset);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new IOException(Linux.Describe(Linux.EFBIG));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.InnerException?.Message ?? e.Message);
        }
    }

    /// <summary>Reads at an offset. Gives how many bytes there were, 0 at the end.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public int Read(Span<byte> bytes, long offset) => RandomAccess.Read(_handle, bytes, offset);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>Cuts it off.</summary>
    internal void Cut(long length) => RandomAccess.SetLength(_handle, length);
}
