using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Follower;

/// <summary>
/// Passes on what is logged from a task of its own: a terminal that is held by Ctrl-S, a pipe that nobody reads or a disk that hangs
/// must not hold the tracer thread, and with it all targets. What does not fit meanwhile is counted and told. Any thread.
/// </summary>
public sealed class QueuedLogger : ILogger
{
    private const int Capacity = 4096;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly ILogger _inner;
    private readonly Channel<Action<ILogger>> _queue =
        Channel.CreateBounded<Action<ILogger>>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    private readonly Task _passing;
    private int _dropped;
    private int _waiting;

    /// <param name="inner">Takes what is logged, one at a time, on a thread of the pool.</param>
    public QueuedLogger(ILogger inner)
    {
        _inner = inner;
        _passing = PassAsync();
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => _inner.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        Interlocked.Increment(ref _waiting);
        if (_queue.Writer.TryWrite(inner => inner.Log(logLevel, eventId, state, exception, formatter)))
            return;
        Interlocked.Decrement(ref _waiting);
        Interlocked.Increment(ref _dropped);
    }

    /// <summary>Waits until all has been passed on that was logged before; a second at most.</summary>
    public async Task FlushAsync()
    {
        using var deadline = new CancellationTokenSource(_patience);
        while (Volatile.Read(ref _waiting) > 0 && !deadline.IsCancellationRequested)
            await Task.Delay(1, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Takes no more, and waits until the rest has been passed on; a second at most.</summary>
    public async Task CompleteAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAny(_passing, Task.Delay(_patience)).ConfigureAwait(false);
    }

    private async Task PassAsync()
    {
        await foreach (Action<ILogger> one in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Pass(one);
            Interlocked.Decrement(ref _waiting);
            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and int dropped)
                Pass(inner => inner.LogWarning("{Count} lines were not told: they came faster than they could be written", dropped));
        }
    }

    /// <summary>A logger that fails has nobody to tell it to; the ledger has what matters.</summary>
    private void Pass(Action<ILogger> one)
    {
        try
        {
            one(_inner);
        }
        catch (Exception)
        {
            Interlocked.Increment(ref _dropped);
        }
    }
}
