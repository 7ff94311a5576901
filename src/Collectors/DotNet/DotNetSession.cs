using System.Diagnostics;
using System.Globalization;
using ForkFollow.Follower;
using ForkFollow.Results;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// The .NET runtimes of one run. The tracer thread recognises them at their exec, makes those of a launched tree wait
/// (<see cref="SuspendSwitch"/>), and leaves a notice. A coordinator thread makes a <see cref="RuntimeWatch"/> of it and finds
/// the endpoint; then the watch has a thread of its own, which opens the session, resumes the runtime and reads.
/// docs/adr/0015 says why.
/// <para>Enter and Execed are for the tracer thread, which allocates nothing here; Left for any; Stop and End wait, each for a
/// bounded time.</para>
/// </summary>
public sealed partial class DotNetSession : IDisposable
{
    /// <summary>Sessions that are read at the same time, each by a thread; runtimes beyond are resumed and not read.</summary>
    internal const int MostReaders = 512;

    private const int Room = 256;

    private readonly RunResults _results;
    private readonly TraceFolder? _traces;
    private readonly bool _switches;
    private readonly Action<LedgerEntry> _report;
    private readonly HostFiles _files = new();
    private readonly byte[] _environmentBuffer = SuspendSwitch.MakeBuffer();
    private readonly FolderEvents _events = new();
    private readonly Lock _lock = new();

    /// <summary>Processes, by id, that may have a 1 in their environment.</summary>
    private readonly HashSet<int> _carriers = new(Room);

    /// <summary>Processes, by id, whose exec and end the coordinator wants to know.</summary>
    private readonly HashSet<int> _watched = new(Room);
    private readonly HashSet<RuntimeWatch> _running = [];
    private readonly OwnThread _thread;
    private List<Notice> _notices = new(Room);
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
    /// <param name="directory">The result directory, if the events are to be kept there; null if not.</param>
    /// <param name="suspends">
    /// Whether the tree is launched with <see cref="Variables"/> and dies with us, so that its runtimes may be made to wait.
    /// </param>
    /// <param name="report">Takes what could not be collected. Any thread.</param>
    public DotNetSession(RunResults results, ResultDirectory? directory, bool suspends, Action<LedgerEntry> report)
    {
        _results = results;
        _traces = directory is null ? null : new(directory);
        _switches = suspends && !UserDecides;
        _report = report;
        _thread = new(
            results, "dotnet", "events of .NET runtimes that start from here on are missing", Coordinate, failed: () => _closing = true);
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
        bool ended = _thread.Join();
        int unfinished = Running().Count(watch => !watch.Join(TimeSpan.FromSeconds(IsOver ? 0.1 : 1)));
        if (ended)
            _events.Dispose();
        _traces?.Dispose();
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
            Post(new(NoticeKind.Attached, process, IsHost: false, default));
            return;
        }

        // It has a copy of its parent's environment, with a 1 if the parent's runtime is just about to wait.
        if (!_switches || process.Parent is not { } parent)
            return;
        lock (_lock)
        {
            if (_carriers.Contains(parent.Id))
                _carriers.Add(process.Id);
        }
    }

    /// <summary>A process is held at its exec. What calls exec has its own environment at hand, which may have its 1.</summary>
    internal void Execed(FollowedProcess process, in ExecView image)
    {
        bool carries;
        bool watched;
        lock (_lock)
        {
            carries = _carriers.Remove(process.Id);
            watched = _watched.Contains(process.Id);
        }

        bool isHost = _files.IsHost(process.Pid, image.File);
        SwitchPlace place = default;
        if (_switches && isHost && !_closing)
            place = SuspendSwitch.TurnOn(process.Pid, carries, _environmentBuffer);
        else if (carries)
            SuspendSwitch.Clean(process.Pid, _environmentBuffer);
        if (isHost || watched)
            Post(new(NoticeKind.Execed, process, isHost, place));
    }

    /// <summary>A process is dead or let go.</summary>
    internal void Left(FollowedProcess process)
    {
        bool watched;
        lock (_lock)
        {
            _carriers.Remove(process.Id);
            watched = _watched.Contains(process.Id);
        }

        if (watched)
            Post(new(NoticeKind.Left, process, IsHost: false, default));
    }

    /// <summary>A process has no 1 in its environment any more.</summary>
    internal void Cleaned(FollowedProcess process)
    {
        lock (_lock)
            _carriers.Remove(process.Id);
    }

    /// <summary>What times of the results count from, as a Stopwatch timestamp.</summary>
    internal long StartTimestamp => _results.StartTimestamp;

    /// <summary>The run that this serves.</summary>
    internal RunResults Run => _results;

    /// <summary>The results of a process.</summary>
    internal ProcessResult? Find(FollowedProcess process) => _results.Find(process);

    /// <summary>Takes a line about a process.</summary>
    internal void Report(FollowedProcess process, string text) => _report(new(LedgerKind.Collector, process.Pid, text));

    /// <summary>Takes a line about a file that could not be written.</summary>
    internal void ReportLoss(FollowedProcess process, string text) => _report(new(LedgerKind.Results, process.Pid, text));

    /// <summary>Makes the file that the events of a process are kept in. Null if they are not, or it cannot be made, which is told.</summary>
    internal GrowingFile? MakeTrace(FollowedProcess process)
    {
        try
        {
            return _traces?.Make(process);
        }
        catch (IOException e)
        {
            ReportLoss(process, $"cannot make the trace of {process}: {e.Message}");
            return null;
        }
    }

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

    private void Post(in Notice notice)
    {
        lock (_lock)
        {
            _notices.Add(notice);
            _watched.Add(notice.Process.Id);
            if (notice.Place.IsOn)
                _carriers.Add(notice.Process.Id);
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

    private enum NoticeKind
    {
        Attached,
        Execed,
        Left,
    }

    /// <summary>What became of a process, in order.</summary>
    private readonly record struct Notice(NoticeKind Kind, FollowedProcess Process, bool IsHost, SwitchPlace Place);
}
