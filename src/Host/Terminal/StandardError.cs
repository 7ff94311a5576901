using System.Text;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Host;

/// <summary>
/// The terminal, as far as we use it: standard error. Standard output belongs to the workload. System.Console is not
/// used, since it takes over terminal settings and signals that are the workload's too. Any thread may write.
/// </summary>
internal static class StandardError
{
    /// <summary>Standard error as text.</summary>
    internal static TextWriter Writer { get; } = TextWriter.Synchronized(
        new StreamWriter(new Output(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));

    /// <summary>Writes one line that begins with our name.</summary>
    internal static void Say(string line) => StatusLine.Aside(() =>
    {
        Writer.WriteLine("forkfollow: " + line);
        Writer.Flush();
    });

    /// <summary>
    /// File descriptor 2 by write(2). A FileStream would not do: if it is a file, that writes at a position of its own, over
    /// what the workload has written meanwhile.
    /// </summary>
    private sealed class Output : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override unsafe void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                long written;
                fixed (byte* data = buffer)
                    written = LibC.write(LibC.STDERR_FILENO, data, buffer.Length);
                if (written < 0 && Linux.Errno == Linux.EINTR)
                    continue;

                // Nobody reads (EPIPE), or no room: there is no other place to say so.
                if (written < 0)
                    return;
                buffer = buffer[(int)written..];
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
