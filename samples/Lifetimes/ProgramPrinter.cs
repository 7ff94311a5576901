using System.Text;
using System.Threading.Channels;
using ForkFollow.Collectors;
using ForkFollow.Follower;

namespace Lifetimes;

/// <summary>
/// An observer of one's own, made for each run: tells each program as it starts. The process is held while it is told, so the
/// tracer thread only puts a line into a queue; a task writes it. When a process has ended, how many were alive besides it is
/// added to its results, which are those of the run that the observer was made for.
/// </summary>
internal sealed class ProgramPrinter : IFollowObserver, IAsyncDisposable
{
    private readonly RunResults _results;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>(new() { SingleReader = true });
    private readonly Task _writer;

    public ProgramPrinter(RunResults results)
    {
        _results = results;
        _writer = WriteAsync();
    }

    /// <inheritdoc/>
    public void Execed(FollowedProcess process, in ExecView image) =>
        _lines.Writer.TryWrite($"{process.Pid} executes {Encoding.UTF8.GetString(image.Path)}");

    /// <inheritdoc/>
    public void Exited(FollowedProcess process) =>
        _results.Find(process)?.SetValue("lifetimes.survivors", _results.Alive, "{process}");

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
