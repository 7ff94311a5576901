using System.Collections.Concurrent;

namespace ForkFollow.Collectors;

/// <summary>
/// Closes collectors on a thread of its own: the last close of a kernel event can take 40 µs, that of a tracepoint
/// 33 ms, and the tracer thread must not wait for either. The thread is woken once for a batch, since a wake-up per
/// process would cost a fork storm more than the closing itself. It waits by kernel events: SemaphoreSlim and its like spin
/// first, and took turns with the tracer thread's polling (19,808 preemptions of this thread in a storm of 30,000 vforks).
/// </summary>
internal sealed class ClosingQueue : IDisposable
{
    private static readonly TimeSpan _batchTime = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<ProcessResult> _queue = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly ManualResetEvent _ending = new(initialState: false);
    private readonly Thread _thread;
    private int _awake;

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
            _wake.Set();
    }

    /// <summary>Closes all that is left, and ends the thread.</summary>
    public void Dispose()
    {
        _ending.Set();
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
        _ending.Dispose();
    }

    private void Run()
    {
        bool ending;
        do
        {
            _wake.WaitOne();
            ending = _ending.WaitOne(_batchTime);
            Interlocked.Exchange(ref _awake, 0); // a full fence: what is queued before somebody sees the 1 is seen below
            CloseAll();
        }
        while (!ending);
    }

    /// <summary>Closes all collectors of a process now.</summary>
    internal static void Close(ProcessResult result)
    {
        foreach (ref Collector? collector in result.Open)
        {
            collector?.Close(result);
            collector = null;
        }

        result.SetClosed();
    }

    private void CloseAll()
    {
        while (_queue.TryDequeue(out ProcessResult? result))
            Close(result);
    }
}
