using System.Diagnostics;
using System.Net.Sockets;
using ForkFollow.Follower;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>Where the watching of a runtime stands.</summary>
internal enum WatchState
{
    /// <summary>Its endpoint is looked for.</summary>
    Waiting,

    /// <summary>It has a thread, which opens the session, resumes the runtime and reads.</summary>
    Running,

    /// <summary>Nothing more will come.</summary>
    Ended,
}

/// <summary>
/// One runtime: a program that a process runs, from its exec or our attaching to its end.
/// <code>
///            endpoint found               stream ended, or no session
/// waiting ────────────────────→ running ────────────────────────────→ ended
///    └───────────── gone, or not a runtime ───────────────────────────→ ┘
/// </code>
/// Its thread does, in this order and whatever fails: open the session, turn the <see cref="SuspendSwitch"/> off, resume
/// the runtime, read. The coordinator looks for the endpoint and starts the thread; the tracer and the closer thread say
/// what became of the process; anybody may stop it. Each process and exec has a new one.
/// </summary>
internal sealed class RuntimeWatch : IDisposable
{
    /// <summary>How long a runtime that runs may take to answer. It waits meanwhile, if it was switched.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int MostPauseMs = 64;

    private static readonly TimeSpan _stoppedPoll = TimeSpan.FromMilliseconds(20);

    private readonly DotNetSession _session;
    private readonly RuntimeReader _reader;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly SuspendSwitch? _switch;
    private Thread? _thread;
    private EventPipeSession? _events;
    private ProcessResult? _result;
    private ulong _endpointInode;
    private bool _stopSent;
    private volatile bool _gone;
    private volatile bool _free;

    /// <param name="session">What it belongs to.</param>
    /// <param name="process">The process.</param>
    /// <param name="isHost">Whether it surely brings a runtime; if not, it has none unless its endpoint is there.</param>
    /// <param name="suspension">The byte that makes it wait; null if it does not.</param>
    internal RuntimeWatch(DotNetSession session, FollowedProcess process, bool isHost, SuspendSwitch? suspension)
    {
        _session = session;
        Process = process;
        IsHost = isHost;
        _switch = suspension;
        _reader = new(process);
    }

    /// <summary>The process.</summary>
    internal FollowedProcess Process { get; }

    /// <summary>Whether it surely brings a runtime.</summary>
    internal bool IsHost { get; set; }

    /// <summary>Where it stands.</summary>
    internal WatchState State { get; private set; } = WatchState.Waiting;

    /// <summary>The program that the same process ran before.</summary>
    internal RuntimeWatch? Before { get; set; }

    /// <summary>Since when its endpoint is looked for. Coordinator.</summary>
    internal long Since { get; set; } = Stopwatch.GetTimestamp();

    /// <summary>Its endpoint did not come in time, which was told. Coordinator.</summary>
    internal bool IsGivenUp { get; set; }

    /// <summary>Where its endpoint will be. Coordinator, then its thread.</summary>
    internal EndpointFinder? Finder { get; set; }

    /// <summary>Whether its runtime may wait to be resumed.</summary>
    internal bool MayWait => _switch is not null;

    /// <summary>Whether it may have a 1 in its environment.</summary>
    internal bool Carries => MayWait && !IsClean;

    /// <summary>The program has ended: dead, or another one was executed.</summary>
    internal bool IsGone => _gone;

    /// <summary>It was let go and lives on.</summary>
    internal bool IsFree => _free;

    private bool IsClean { get; set; }

    /// <summary>It is stopped by a signal, so that it answers nothing.</summary>
    internal bool IsStopped =>
        Process.End == ProcessEnd.Alive
            ? Process.IsStopped
            : ProcStat.TryRead(Process.Pid, out ProcStat stat) && stat.State == (byte)'T';

    /// <summary>From now on it does not wait, if it has not read its environment yet.</summary>
    internal void TurnOff() => _switch?.TurnOff();

    /// <summary>
    /// Whether that is the socket of the program before: a runtime that ends by exec leaves it, and the next one of the same
    /// pid, finding its name taken, has none.
    /// </summary>
    internal bool IsStale(RuntimeEndpoint endpoint) => Before?._endpointInode == endpoint.Inode;

    /// <summary>The endpoint is there: starts the thread. Coordinator.</summary>
    /// <param name="endpoint">Taken over.</param>
    /// <param name="reads">Whether to collect, or only to resume it.</param>
    internal void Begin(RuntimeEndpoint endpoint, bool reads)
    {
        State = WatchState.Running;
        _endpointInode = endpoint.Inode;
        _thread = new(() => Run(endpoint, reads)) { Name = "dotnet reader", IsBackground = true };
        _thread.Start();
    }

    /// <summary>There is nothing to wait for.</summary>
    internal void End()
    {
        _switch?.Dispose();
        lock (_lock)
        {
            State = WatchState.Ended;
            Publish();
        }
    }

    /// <summary>The process has executed another program. Tracer thread.</summary>
    internal void Replaced() => _gone = true;

    /// <summary>The process is dead or let go, and has these results.</summary>
    internal void Left(ProcessResult result)
    {
        if (result.Process.End == ProcessEnd.Detached)
            _free = true;
        else
            _gone = true;
        lock (_lock)
        {
            _result = result;
            Publish();
        }

        if (_free)
            Stop();
    }

    /// <summary>
    /// Ends the session: the runtime sends what it has, with the names of its methods, and then ends the stream. Returns at
    /// once.
    /// </summary>
    internal void Stop()
    {
        _stop.Cancel();
        EventPipeSession? events;
        lock (_lock)
        {
            if (_events is null || _stopSent)
                return;
            _stopSent = true;
            events = _events;
        }

        _ = StopAsync(events, Patience);
    }

    /// <summary>Ends reading now. What came is kept, and the runtime ends the session when it next writes.</summary>
    internal void Abort()
    {
        EventPipeSession? events;
        lock (_lock)
            events = _events;
        if (events is not null)
            Close(events);
    }

    /// <summary>Waits for its thread. False if that takes longer.</summary>
    internal bool Join(TimeSpan limit) => _thread?.Join(limit) ?? true;

    /// <inheritdoc/>
    public void Dispose()
    {
        _switch?.Dispose();
        _stop.Dispose();
    }

    private void Run(RuntimeEndpoint endpoint, bool reads)
    {
        EventPipeSession? events = null;
        try
        {
            try
            {
                events = reads ? Open(ref endpoint) : null;
            }
            finally
            {
                Resume(ref endpoint);
            }

            if (events is not null)
                Read(events);
        }
        catch (Exception e)
        {
            // A fault of ours: the runtime runs on, which is what counts.
            _session.Report(Process, $"reading the runtime events of {Process} failed: {e.GetType().Name}: {e.Message}");
        }
        finally
        {
            endpoint.Dispose();
            _session.Ended(this, reads);
            End();
        }
    }

    /// <summary>
    /// Opens the session. A socket that refuses is not there yet, or is the one of the program before; a process that is
    /// stopped answers when it goes on.
    /// </summary>
    private EventPipeSession? Open(ref RuntimeEndpoint endpoint)
    {
        long begun = Stopwatch.GetTimestamp();
        int pause = 1;
        while (!_gone && !_stop.IsCancellationRequested)
        {
            if (IsStopped)
            {
                _stop.Token.WaitHandle.WaitOne(_stoppedPoll);
                begun = Stopwatch.GetTimestamp();
                continue;
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(Patience);
            try
            {
                EventPipeSession events = _session.Opener(endpoint.Address, limit.Token).WaitAsync(limit.Token).GetAwaiter().GetResult();
                return Keep(events, begun);
            }
            catch (Exception e)
            {
                bool timedOut = e is OperationCanceledException or TimeoutException;
                if (timedOut && (IsStopped || _stop.IsCancellationRequested))
                    continue;
                bool refused = e is SocketException or IOException or ServerNotAvailableException;
                if (!refused || Stopwatch.GetElapsedTime(begun) > Patience)
                {
                    TellFailure(timedOut ? $"it did not answer in {Patience.TotalSeconds} seconds" : e.Message);
                    return null;
                }
            }

            _stop.Token.WaitHandle.WaitOne(pause);
            pause = Math.Min(2 * pause, MostPauseMs);
            Refresh(ref endpoint);
        }

        return null;
    }

    private EventPipeSession Keep(EventPipeSession events, long begun)
    {
        _session.CountOpening(Stopwatch.GetElapsedTime(begun));
        lock (_lock)
            _events = events;
        if (_stop.IsCancellationRequested)
            Stop();
        return events;
    }

    private void TellFailure(string reason)
    {
        if (Lives())
            _session.Report(Process, $"no runtime events of {Process}: its diagnostic port: {reason}");
    }

    /// <summary>
    /// Makes the 1 a 0 in both places, its environment block and the copy that the runtime has, and tells the runtime to go on:
    /// until it has been told, is dead, or the last deadline has passed.
    /// </summary>
    private void Resume(ref RuntimeEndpoint endpoint)
    {
        TurnOff();
        if (!MayWait)
            return;
        long begun = Stopwatch.GetTimestamp();
        IpcOutcome set = Persist(
            ref endpoint, address => RuntimeIpc.SetVariable(address, SuspendSwitch.Name, SuspendSwitch.Off, Patience));
        if (set == IpcOutcome.Refused)
        {
            _session.Report(
                Process,
                $"{Process} keeps {SuspendSwitch.Name}=1 in its environment, since its runtime is older than .NET 6: .NET programs "
                + "that it starts after the run would wait; start it anew then");
        }

        IsClean = set is IpcOutcome.Done or IpcOutcome.Sent;
        if (Persist(ref endpoint, address => RuntimeIpc.Resume(address, Patience)) != IpcOutcome.Failed)
            _session.CountResume(Stopwatch.GetElapsedTime(begun));
    }

    private IpcOutcome Persist(ref RuntimeEndpoint endpoint, Func<string, IpcOutcome> request)
    {
        for (int pause = 1; Lives() && !_session.IsOver; pause = Math.Min(2 * pause, MostPauseMs))
        {
            IpcOutcome outcome = request(endpoint.Address);
            if (outcome != IpcOutcome.Failed)
                return outcome;
            Thread.Sleep(pause);
            Refresh(ref endpoint);
        }

        return IpcOutcome.Failed;
    }

    private void Read(EventPipeSession events)
    {
        using TraceCopy? copy = _session.CopyOf(Process);
        try
        {
            _reader.Read(events.EventStream, copy);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            // Cut off: what came is kept.
        }
        finally
        {
            Close(events);
        }
    }

    private bool Lives() => !_gone && ProcStat.TryRead(Process.Pid, out ProcStat stat) && stat.State is not ((byte)'Z' or (byte)'X')
        && (Finder is null || Finder.StartTime == stat.StartTime);

    private void Refresh(ref RuntimeEndpoint endpoint)
    {
        if (Finder?.Find() is not { } now)
            return;
        endpoint.Dispose();
        endpoint = now;
    }

    private static async Task StopAsync(EventPipeSession events, TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await events.StopAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It died, or does not answer: closing the stream ends the session too.
            events.Dispose();
        }
    }

    /// <summary>Dispose sends a stop, without a deadline, if none was sent: so one is begun and broken off.</summary>
    private static void Close(EventPipeSession events)
    {
        _ = events.StopAsync(new(canceled: true)).ContinueWith(
            stop => stop.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        events.Dispose();
    }

    /// <summary>Under the lock: whichever comes last, the process's end or the stream's.</summary>
    private void Publish()
    {
        if (State == WatchState.Ended && _result is { } result && _events is not null)
        {
            result.AddRuntime(_reader.Summary);
            _events = null;
        }
    }
}
