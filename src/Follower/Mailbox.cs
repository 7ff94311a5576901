using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>
/// Hands work to the tracer thread, which may be blocked in waitid. Waits cannot be combined with a queue, so the
/// poster wakes it with a signal whose handler does nothing: waitid then returns EINTR. A signal that lands just
/// before the thread enters waitid would be lost; so the poster repeats it until the work has been done. Nothing polls
/// while there is no work.
/// </summary>
internal sealed class Mailbox
{
    private static readonly TimeSpan _repeatAfter = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentQueue<Action> _work = new();
    private volatile int _tracerTid;
    private volatile bool _closed;

    internal bool HasWork => !_work.IsEmpty;

    /// <summary>Makes the calling thread the one that is woken.</summary>
    internal void Open()
    {
        InstallWakeHandler();
        _tracerTid = Linux.gettid();
    }

    /// <summary>No work is taken any more; whoever waits gets his <c>ifClosed</c>. Tracer thread.</summary>
    internal void Close()
    {
        _closed = true;
        _tracerTid = 0;
        RunAll();
    }

    /// <summary>Does all work that was posted. Tracer thread.</summary>
    internal void RunAll()
    {
        while (_work.TryDequeue(out Action? work))
            work();
    }

    /// <summary>
    /// Runs <paramref name="work"/> on the tracer thread. Returns its result, or <paramref name="ifClosed"/> if the
    /// thread has ended. Any thread.
    /// </summary>
    internal async Task<T> PostAsync<T>(Func<T> work, T ifClosed)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Enqueue(() =>
        {
            if (_closed)
            {
                done.SetResult(ifClosed);
                return;
            }

            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                // It is the poster's exception: thrown to whoever awaits, not into the tracer's loop.
                done.SetException(e);
            }
        });

        while (!done.Task.IsCompleted)
        {
            if (_closed)
                return ifClosed;
            Wake();
            await Task.WhenAny(done.Task, Task.Delay(_repeatAfter)).ConfigureAwait(false);
        }

        return await done.Task.ConfigureAwait(false);
    }

    private void Wake()
    {
        int tid = _tracerTid;
        if (tid != 0)
            _ = Linux.tgkill(Environment.ProcessId, tid, Linux.SIGRTMAX);
    }

    /// <summary>
    /// The handler must be native code, since managed code cannot run in a signal handler: abs(3) takes an int, does
    /// nothing else, and is async-signal-safe. Without SA_RESTART, so that waitid returns.
    /// </summary>
    private static unsafe void InstallWakeHandler()
    {
        sigaction action = default;
        action.sa_handler = (void*)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "abs");
        if (LibC.sigaction(Linux.SIGRTMAX, &action, null) < 0)
            throw new KernelException("sigaction", 0, Linux.Errno);
    }
}
