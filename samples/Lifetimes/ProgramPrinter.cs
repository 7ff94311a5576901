using System.Text;
using System.Threading.Channels;
using ForkFollow.Follower;

namespace Lifetimes;

/// <summary>
/// An observer of one's own, made for each run: tells each program as it starts. The process is held while it is told, so the
/// tracer thread only puts a line into a queue; a task writes it.
/// </summary>
internal sealed class ProgramPrinter : IFollowObserver, IAsyncDisposable
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>(new() { SingleReader = true });
    private readonly Task _writer;

    public ProgramPrinter() => _writer = WriteAsync();

    /// <inheritdoc/>
    public void Execed(FollowedProcess process, in ExecView image) =>
        _lines.Writer.TryWrite($"{process.Pid} executes {Encoding.UTF8.GetString(image.Path)}");

    /// <summary>At the end of the run.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.Complete();
        await _writer;
    }

    private async Task WriteAsync()
    {
        await foreach (string line in _lines.Reader.ReadAllAsync())
            await Console.Out.WriteLineAsync(line);
    }
}
