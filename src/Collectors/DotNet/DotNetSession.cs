using System.Diagnostics;
using System.Globalization;
using ForkFollow.Follower;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// The .NET runtimes of one run. The tracer thread recognises them at their exec, and makes those of a launched tree wait
/// (<see cref="SuspendSwitch"/>). A coordinator thread finds their endpoints; each has a <see cref="RuntimeWatch"/> with a
/// thread of its own, which opens its session, resumes it and reads. docs/adr/0015 says why.
/// <para>Enter and Execed are for the tracer thread, Left for any; Stop and End wait, each for a bounded time.</para>
/// </summary>
public sealed partial class DotNetSession : IDisposable
{
    /// <summary>Sessions that are read at the same time, each by a thread; runtimes beyond are resumed and not read.</summary>
    internal const int MostReaders = 512;

    private readonly RunResults _results;
    private readonly string? _traceDirectory;
    private readonly bool _switches;
    private readonly Action<LedgerEntry> _report;
    private readonly HostFiles _files = new();
    private readonly byte[] _environmentBuffer = SuspendSwitch.MakeBuffer();
    private readonly FolderEvents _events = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<int, RuntimeWatch> _current = [];
    private readonly HashSet<int> _carriers = [];
    private readonly HashSet<RuntimeWatch> _running = [];
    private readonly Thread _thread;
    private List<RuntimeWatch> _incoming = [];
    private int _readers;
    private int _unread;
    private long _openings;
    private long _slowestOpening;
    private long _slowestResume;
    private volatile bool _closing;
    private volatile bool _ended;
    private long _end = long.MaxValue;

    /// <summary>Starts the coordinator.</summary>
    /// <param name="results">Where results go.</param>
    /// <param name="traceDirectory">The result directory, if the events are to be kept there; null if not.</param>
    /// <param name="suspends">
    /// Whether the tree is launched with <see cref="Variables"/> and dies with us, so that its runtimes may be made to wait.
    /// </param>
    /// <param name="report">Takes what could not be collected. Any thread.</param>
    public DotNetSession(RunResults results, string? traceDirectory, bool suspends, Action<LedgerEntry> report)
    {
        _results = results;
        _traceDirectory = traceDirectory;
        _switches = suspends && !UserDecides;
        _report = report;
        _thread = new(Coordinate) { Name = "dotnet", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What the environment of a launched command needs, as NAME=value.</summary>
    public IReadOnlyList<string> Variables => _switches ? [SuspendSwitch.Variable] : [];

    /// <summary>The slowest opening of a session, and how many there were; and the slowest resume.</summary>
    internal (long Openings, TimeSpan SlowestOpening, TimeSpan SlowestResume) Figures => (
        Interlocked.Read(ref _openings), new(Interlocked.Read(ref _slowestOpening)), new(Interlocked.Read(ref _slowestResume)));

    /// <summary>Opens a session at an address, of a runtime that waits or not. Tests put failures here.</summary>
    internal Func<string, bool, CancellationToken, Task<EventPipeSession>> Opener { get; init; } = EventSession.OpenAsync;

    /// <summary>Whether the last deadline has passed.</summary>
    internal bool IsOver => Stopwatch.GetTimestamp() > Interlocked.Read(ref _end);

    /// <summary>Somebody has set the variable himself: his runtimes wait for somebody else.</summary>
    private static bool UserDecides => Environment.GetEnvironmentVariable(SuspendSwitch.Name) is not null;

    /// <summary>
    /// Ends all sessions, while their processes still run, and waits until their events have come, for a bounded time. From
    /// now on no runtime is made to wait.
    /// </summary>
    public void Stop()
    {
        _closing = true;
        _events.Wake();
        RuntimeWatch[] running = Running();
        foreach (RuntimeWatch watch in running)
            watch.Stop();
        long begun = Stopwatch.GetTimestamp();
        foreach (RuntimeWatch watch in running)
        {
            TimeSpan left = RuntimeWatch.Patience - Stopwatch.GetElapsedTime(begun);
            if (watch.IsStopped || left <= TimeSpan.Zero || !watch.Join(left))
                watch.Abort();
        }
    }

    /// <summary>
    /// Ends all that is left. After the last process has been closed; the results of all processes are complete afterwards.
    /// </summary>
    public void End()
    {
        if (_ended)
            return;
        Interlocked.Exchange(
            ref _end, Stopwatch.GetTimestamp() + (long)(RuntimeWatch.Patience.TotalSeconds * Stopwatch.Frequency));
        _ended = true;
        Stop();
        _thread.Join();
        int unfinished = Running().Count(watch => !watch.Join(TimeSpan.FromSeconds(IsOver ? 0.1 : 1)));
        _events.Dispose();
        if (unfinished > 0)
            Tell($"{unfinished} .NET runtimes did not end their event sessions in time: what they sent last is missing");
        if (_unread > 0)
        {
            Tell($"{_unread} .NET runtimes have no events, since {MostReaders} others were read at the same time");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    /// <summary>A process is followed from now on.</summary>
    internal void Enter(FollowedProcess process)
    {
        if (process.Origin == ProcessOrigin.Attached)
        {
            Watch(new(this, process, isHost: false, suspension: null));
            return;
        }

        // It has a copy of its parent's environment, with a 1 if the parent's runtime is just about to wait.
        if (_switches && process.Parent is { } parent && Carries(parent))
        {
            lock (_lock)
                _carriers.Add(process.Id);
        }
    }

    /// <summary>A process is held at its exec.</summary>
    internal void Execed(FollowedProcess process)
    {
        bool carries = false;
        RuntimeWatch? before;
        lock (_lock)
        {
            carries = _carriers.Remove(process.Id);
            if (_current.Remove(process.Id, out before))
            {
                // What calls exec has its own environment at hand, which may have its 1.
                carries |= before.Carries;
                before.Replaced();
            }
        }

        bool isHost = _files.IsHost(process.Pid);
        SuspendSwitch? suspension = null;
        if (_switches && isHost && !_closing)
            suspension = SuspendSwitch.TurnOn(process.Pid, carries, _environmentBuffer);
        else if (carries)
            SuspendSwitch.Clean(process.Pid, _environmentBuffer);
        if (isHost)
            Watch(new(this, process, isHost, suspension) { Before = before });
    }

    /// <summary>A process is dead or let go.</summary>
    internal void Left(ProcessResult result)
    {
        RuntimeWatch? watch;
        lock (_lock)
        {
            _carriers.Remove(result.Process.Id);
            _current.Remove(result.Process.Id, out watch);
        }

        bool any = watch is not null;
        for (; watch is not null; watch = watch.Before)
            watch.Left();
        if (any)
            _events.Wake();
    }

    /// <summary>What times of the results count from, as a Stopwatch timestamp.</summary>
    internal long StartTimestamp => _results.StartTimestamp;

    /// <summary>The results of a process.</summary>
    internal ProcessResult? Find(FollowedProcess process) => _results.Find(process);

    /// <summary>Takes a line about a process.</summary>
    internal void Report(FollowedProcess process, string text) => _report(new(LedgerKind.Collector, process.Pid, text));

    /// <summary>The file that the events of a process are kept in; null if they are not.</summary>
    internal TraceCopy? CopyOf(FollowedProcess process) => _traceDirectory is null
        ? null
        : TraceCopy.Create(_traceDirectory, process, text => Report(process, text));

    internal void CountOpening(TimeSpan took)
    {
        Interlocked.Increment(ref _openings);
        Raise(ref _slowestOpening, took.Ticks);
    }

    internal void CountResume(TimeSpan took) => Raise(ref _slowestResume, took.Ticks);

    /// <summary>The thread of a watch ends.</summary>
    internal void Ended(RuntimeWatch watch, bool reads)
    {
        if (reads)
            Interlocked.Decrement(ref _readers);
        lock (_lock)
            _running.Remove(watch);
    }

    private static void Raise(ref long most, long value)
    {
        long seen;
        while (value > (seen = Interlocked.Read(ref most)) && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }

    private bool Carries(FollowedProcess process)
    {
        lock (_lock)
        {
            return _carriers.Contains(process.Id)
                || (_current.TryGetValue(process.Id, out RuntimeWatch? watch) && watch.Carries);
        }
    }

    private void Watch(RuntimeWatch watch)
    {
        lock (_lock)
        {
            _current[watch.Process.Id] = watch;
            _incoming.Add(watch);
        }

        _events.Wake();
    }

    private RuntimeWatch[] Running()
    {
        lock (_lock)
            return [.. _running];
    }

    private void Tell(string text) =>
        _report(new(LedgerKind.Collector, 0, string.Create(CultureInfo.InvariantCulture, $"{text}")));
}
