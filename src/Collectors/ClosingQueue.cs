using System.Collections.Concurrent;

namespace ForkFollow.Collectors;

/// <summary>
/// Closes collectors on a thread of its own: the last close of a kernel event can take 40 µs, that of a tracepoint
/// 33 ms, and the tracer thread must not wait for either. The thread is woken once for a batch, since a wake-up per
/// process would cost a fork storm more than the closing itself.
/// </summary>
internal sealed class ClosingQueue : IDisposable
{
    private static readonly TimeSpan _batchTime = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentQueue<ProcessResult> _queue = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread _thread;
    private int _awake;
    private volatile bool _disposed;

    internal ClosingQueue()
    {
        _thread = new(Run) { Name = "closer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Tracer thread.</summary>
    internal void Add(ProcessResult result)
    {
        _queue.Enqueue(result);
        if (Interlocked.Exchange(ref _awake, 1) == 0)
            _wake.Release();
    }

    /// <summary>Closes all that is left, and ends the thread.</summary>
    public void Dispose()
    {
        _disposed = true;
        _wake.Release();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_disposed)
        {
            _wake.Wait();
            if (!_disposed)
                _wake.Wait(_batchTime);
            Volatile.Write(ref _awake, 0);
            CloseAll();
        }

        CloseAll();
    }

    private void CloseAll()
    {
        while (_queue.TryDequeue(out ProcessResult? result))
        {
            foreach (ref Collector? collector in result.Open)
            {
                collector?.Close(result);
                collector = null;
            }
        }
    }
}
