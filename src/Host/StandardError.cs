using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Host;

/// <summary>
/// The terminal, as far as we use it: standard error. Standard output belongs to the workload. System.Console is not
/// used, since it takes over terminal settings and signals that are the workload's too. Any thread may write.
/// </summary>
internal static class StandardError
{
    /// <summary>File descriptor 2. Each write is one write(2); a reader that has gone is no error of ours.</summary>
    internal static TextWriter Writer { get; } = TextWriter.Synchronized(new StreamWriter(
        new FileStream(new SafeFileHandle(2, ownsHandle: false), FileAccess.Write, bufferSize: 0),
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));

    /// <summary>Writes one line that begins with our name.</summary>
    internal static void Say(string line)
    {
        Writer.WriteLine("forkfollow: " + line);
        Writer.Flush();
    }
}
