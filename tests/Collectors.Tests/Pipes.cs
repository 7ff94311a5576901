using System.IO.Pipes;
using System.Text;

namespace ForkFollow.Collectors.Tests;

/// <summary>
/// Pipes to a tracee that is launched: it has the stdin and stdout of the test, and opens these by their name in our fd
/// directory instead.
/// </summary>
internal sealed class Pipes : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    private readonly AnonymousPipeServerStream _in = new(PipeDirection.Out);
    private readonly AnonymousPipeServerStream _out = new(PipeDirection.In);
    private readonly StreamReader _lines;

    internal Pipes() => _lines = new(_out);

    /// <summary>The first arguments of a tracee that uses them.</summary>
    internal string[] Arguments => ["-io", NameOf(_in), NameOf(_out)];

    /// <summary>The next line that it says.</summary>
    internal Task<string?> NextAsync() => Task.Run(_lines.ReadLine).WaitAsync(_deadline);

    internal void Send(string line)
    {
        _in.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _in.Flush();
    }

    public void Dispose()
    {
        _in.Dispose();
        _lines.Dispose();
    }

    private static string NameOf(AnonymousPipeServerStream pipe) =>
        $"/proc/{Environment.ProcessId}/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}";
}
