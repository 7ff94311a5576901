using System.Collections.Concurrent;

namespace ForkFollow.Collectors;

/// <summary>
/// Closes collectors on a thread of its own: the last close of a kernel event can take 40 µs, that of a tracepoint
/// 33 ms, and the tracer thread must not wait for either. The thread is woken once for a batch, since a wake-up per
/// process would cost a fork storm more than the closing itself. It waits by kernel events: SemaphoreSlim and its like spin
/// first, and took turns with the tracer thread's polling (19,808 preemptions of this thread in a storm of 30,000 vforks).
/// If the thread has failed, the tracer thread closes after all; if it hangs in a collector at the end, those behind have no results.
/// </summary>
internal sealed class ClosingQueue : IDisposable
{
    private static readonly TimeSpan _batchTime = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<ProcessResult> _queue = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly ManualResetEvent _ending = new(initialState: false);
    private readonly OwnThread _thread;
    private int _awake;
    private volatile bool _over;
    private volatile ProcessResult? _current;

    internal ClosingQueue(RunResults results)
    {
        _thread = new(
            results, "closer", "the last processes may lack what was collected for them", Run, failed: () =>
            {
                _over = true;
                CloseAll();
            });
        _thread.Start();
    }

    /// <summary>Tracer thread.</summary>
    internal void Add(ProcessResult result)
    {
        _queue.Enqueue(result);
        if (_over)
            CloseAll();
        else if (Interlocked.Exchange(ref _awake, 1) == 0)
            _wake.Set();
    }

    /// <summary>Closes all that is left, and ends the thread.</summary>
    public void Dispose()
    {
        _ending.Set();
        _wake.Set();
        if (_thread.Join())
        {
            _wake.Dispose();
            _ending.Dispose();
        }

        GiveUp();
    }

    private void Run(OwnThread thread)
    {
        bool ending;
        do
        {
            thread.Waits();
            _wake.WaitOne();
            ending = _ending.WaitOne(_batchTime);
            Interlocked.Exchange(ref _awake, 0); // a full fence: what is queued before somebody sees the 1 is seen below
            CloseAll(thread);
        }
        while (!ending);
    }

    /// <summary>Closes all collectors of a process now.</summary>
    internal static void Close(ProcessResult result)
    {
        foreach (ref Collector? collector in result.Open)
        {
            try
            {
                if (collector is { State: CollectorState.Stopping })
                    collector.Close(result);
            }
            catch (Exception e)
            {
                result.NoteFault(collector!, "closing", e);
            }

            collector = null;
        }

        result.SetClosed();
    }

    private void CloseAll(OwnThread? thread = null)
    {
        while (_queue.TryDequeue(out ProcessResult? result))
        {
            thread?.Works();
            _current = result;
            Close(result);
        }
    }

    /// <summary>Nobody closes any more: who is waited for has no more results.</summary>
    private void GiveUp()
    {
        _current?.SetClosed();
        while (_queue.TryDequeue(out ProcessResult? result))
            result.SetClosed();
    }
}
