using System.Diagnostics;
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
/// the runtime, read. The coordinator looks for the endpoint, starts the thread, and says what became of the process; anybody
/// may stop it. Each process and exec has a new one.
/// </summary>
internal sealed partial class RuntimeWatch : IDisposable
{
    /// <summary>How long a runtime that runs may take to answer. It waits meanwhile, if it was switched.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly DotNetSession _session;
    private readonly RuntimeReader _reader;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly SuspendSwitch? _switch;
    private readonly EndpointPath _path = new();
    private OwnThread? _thread;
    private EventPipeSession? _events;
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
        _reader = new(session.StartTimestamp);
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

    /// <summary>The program has ended: dead, or another one was executed.</summary>
    internal bool IsGone => _gone;

    /// <summary>It was let go and lives on.</summary>
    internal bool IsFree => _free;

    /// <summary>It is stopped by a signal, so that it answers nothing.</summary>
    internal bool IsStopped =>
        Process.End == ProcessEnd.Alive
            ? Process.IsStopped
            : ProcStat.TryRead(Process.Pid, out ProcStat stat) && stat.State == 'T';

    /// <summary>From now on it does not wait, if it has not read its environment yet.</summary>
    internal void TurnOff() => _switch?.TurnOff();

    /// <summary>
    /// Whether that is the socket of the program before: a runtime that ends by exec leaves it, and the next one of the same
    /// pid, finding its name taken, has none.
    /// </summary>
    internal bool IsStale(ulong inode) => Before?._endpointInode == inode;

    /// <summary>The endpoint is there: starts the thread. Coordinator.</summary>
    /// <param name="inode">Which socket it is.</param>
    /// <param name="reads">Whether to collect, or only to resume it.</param>
    internal void Begin(ulong inode, bool reads)
    {
        State = WatchState.Running;
        _endpointInode = inode;
        _thread = new(
            _session.Run, "dotnet reader", $"runtime events of {Process} are missing", _ => Run(reads), pid: Process.Pid);
        _thread.Start();
    }

    /// <summary>There is nothing to wait for.</summary>
    internal void End()
    {
        _switch?.Dispose();
        _path.Dispose();
        State = WatchState.Ended;
    }

    /// <summary>The process has executed another program. Coordinator.</summary>
    internal void Replaced() => _gone = true;

    /// <summary>The process is dead or let go. Coordinator.</summary>
    internal void Left()
    {
        if (Process.End != ProcessEnd.Detached)
        {
            _gone = true;
            return;
        }

        _free = true;
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
        _path.Dispose();
        _stop.Dispose();
    }

    /// <summary>The request goes to the socket, too.</summary>
    private async Task StopAsync(EventPipeSession events, TimeSpan limit)
    {
        if (!TryUseEndpoint(out bool entered))
        {
            CloseOfLiving(events);
            return;
        }

        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await events.StopAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            CloseOfLiving(events);
        }
        finally
        {
            LeaveEndpoint(entered);
        }
    }

    /// <summary>
    /// It does not answer: closing the stream ends the session as well. That of a dead one ends by itself, and has more to be read perhaps.
    /// </summary>
    private void CloseOfLiving(EventPipeSession events)
    {
        if (!Process.MustLeave || Process.End == ProcessEnd.Detached)
            events.Dispose();
    }

    /// <summary>Dispose sends a stop, without a deadline, if none was sent: so one is begun and broken off.</summary>
    private static void Close(EventPipeSession events)
    {
        _ = events.StopAsync(new(canceled: true)).ContinueWith(
            stop => stop.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        events.Dispose();
    }
}
