using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using ForkFollow.Native;
using ForkFollow.Symbols;
using Tmds.Linux;

namespace ForkFollow.Collectors.Perf;

/// <summary>Which event a record came from.</summary>
/// <param name="Event">The event.</param>
/// <param name="Owner">
/// Which opening it inherits from. A thread that is born while its process is attached can have an event twice, by
/// inheritance and by our own opening: only one owner's records count for a thread.
/// </param>
internal sealed record StreamSource(StreamEvent Event, int Owner);

/// <summary>How a process looked when we opened events on it: what its records cannot tell.</summary>
/// <param name="Time">A Stopwatch timestamp, before anything was read.</param>
/// <param name="Pid">Its pid.</param>
/// <param name="Maps">The bytes of /proc/PID/maps.</param>
/// <param name="SeesOwnRoot">Its root directory is ours.</param>
/// <param name="Threads">Its threads and their names.</param>
internal sealed record ProcessSeed(
    long Time, int Pid, byte[] Maps, bool SeesOwnRoot, IReadOnlyList<(int Tid, string Name)> Threads);

/// <summary>Takes the records of a stream, in order of time. All calls come on the reader thread.</summary>
internal interface IRecordSink
{
    /// <summary>A round begins: records follow. True if those that come next are needed while their process lives.</summary>
    /// <param name="last">It is the last one.</param>
    bool Begin(bool last);

    /// <summary>A record. It is valid during the call.</summary>
    void Take(in PerfRecord record, StreamSource source);

    /// <summary>A process on which events were opened by us.</summary>
    void Seed(ProcessSeed seed);

    /// <summary>All records up to a time have been given.</summary>
    void Reached(long time);
}

/// <summary>
/// The rings of all CPUs, the events that write to them, and the reader thread that empties them in order of time.
/// <para>
/// Order: each ring is in order by itself (but for an interrupt that writes while a record is being written). A record
/// that was begun before a round started is in its ring when the next round drains it; so a round gives out, merged, what
/// is older than the start of the round before.
/// </para>
/// <para>
/// The thread waits in poll(2): until a ring is a quarter full, 0.1 s while records come, 1 s while none do; or just as long as a
/// dynamic linker takes, twice, so that what it has mapped is given out while the process lives.
/// </para>
/// </summary>
internal sealed unsafe class PerfStream : IDisposable
{
    private const int BusyWait = 100;
    private const int IdleWait = 1000;
    private const int SoonWait = 5;

    private readonly IRecordSink _sink;
    private readonly IReadOnlyList<PerfRing> _rings;
    private readonly RecordBatch[] _batches;
    private readonly bool _userOnly;
    private readonly ConcurrentDictionary<ulong, StreamSource> _sources = new();
    private readonly ConcurrentQueue<ProcessSeed> _seeds = new();
    private readonly List<(int Fd, StreamEvent Event)> _fds = [];
    private readonly Dictionary<StreamEvent, long> _lost = [];
    private readonly int _wake;
    private readonly OwnThread _reader;
    private volatile bool _ending;
    private bool _ended;
    private long _openingSince = long.MaxValue;
    private int _owners;

    /// <param name="rings">One per online CPU for each kind of events, of the targets or of the machine; closed with the stream.</param>
    /// <param name="userOnly">Only what happens in user mode may be seen.</param>
    /// <param name="sink">Takes the records.</param>
    /// <param name="run">Whom the reader thread serves.</param>
    /// <exception cref="IOException">No descriptor is left.</exception>
    internal PerfStream(IReadOnlyList<PerfRing> rings, bool userOnly, IRecordSink sink, RunResults run)
    {
        _rings = rings;
        _userOnly = userOnly;
        _sink = sink;
        _batches = [.. rings.Select(_ => new RecordBatch())];
        _wake = LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
        if (_wake < 0)
            throw new IOException($"eventfd failed: {Marshal.GetPInvokeErrorMessage(Linux.Errno)}");
        _reader = new(run, "ring reader", "samples, waits and system calls are missing from here on", Read);
    }

    /// <summary>Records are read no more, since the reader thread has failed.</summary>
    internal bool HasFailed => _reader.HasFailed;

    /// <summary>
    /// How many records of each event found their ring full, in all processes and on all CPUs; empty before the end, and before Linux 6.0.
    /// </summary>
    internal IReadOnlyDictionary<StreamEvent, long> Lost => _lost;

    /// <summary>Opens the events of the whole machine, and starts to read. Returns 0 or an errno.</summary>
    internal int Start(IEnumerable<StreamEvent> events)
    {
        int errno = Open(events.Where(one => one.WholeMachine), -1);
        _reader.Start();
        return errno;
    }

    /// <summary>
    /// Opens events on a process: on each of its threads and on each CPU. What it forks from then on inherits them. The
    /// sink is told how the process looks. Tracer thread.
    /// </summary>
    /// <param name="pid">The process.</param>
    /// <param name="running">It runs: threads may appear meanwhile. If not, it has its main thread alone.</param>
    /// <param name="events">Those of the whole machine are passed over.</param>
    /// <returns>0; or the errno of the first that failed. ESRCH: it is dying.</returns>
    internal int OpenOn(int pid, bool running, IReadOnlyList<StreamEvent> events)
    {
        // Records of these events and the seed wait for each other: nothing younger is given out meanwhile.
        long time = Stopwatch.GetTimestamp();
        Volatile.Write(ref _openingSince, time);
        try
        {
            int errno = running ? OpenOnThreads(pid, events) : Open(events.Where(one => !one.WholeMachine), pid);
            ProcOutcome outcome = ProcFile.Read(pid, "maps"u8, out byte[] maps);
            if (outcome != ProcOutcome.Read)
                return outcome == ProcOutcome.Gone ? Linux.ESRCH : Linux.Errno;
            using TargetRoot? root = TargetRoot.OfProcess(pid, out _);
            var threads = new List<int>();
            ProcFile.ReadThreads(pid, threads);
            _seeds.Enqueue(new(time, pid, maps, root?.IsOwn ?? false, [.. threads.Select(tid => (tid, ProcFile.ReadThreadName(pid, tid)))]));
            return errno;
        }
        finally
        {
            Volatile.Write(ref _openingSince, long.MaxValue);
        }
    }

    /// <summary>Has the reader look now: something was queued for the sink. Any thread.</summary>
    internal void Wake()
    {
        ulong one = 1;
        _ = LibC.write(_wake, &one, sizeof(ulong)); // fails only if it is set already
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    /// <summary>Closes all events, gives out what the rings still have, and ends the thread.</summary>
    /// <returns>Whether no call comes afterwards; false if the thread hangs in one. Then what it uses stays as it is.</returns>
    internal bool End()
    {
        foreach ((int fd, StreamEvent one) in _fds)
        {
            CountLost(fd, one);
            _ = LibC.close(fd);
        }

        _fds.Clear();
        _ending = true;
        if (!_ended)
            Wake();
        if (!_reader.Join())
            return false;
        if (_ended)
            return true;
        _ended = true;
        foreach (PerfRing ring in _rings)
            ring.Dispose();
        _ = LibC.close(_wake);
        return true;
    }

    private void CountLost(int fd, StreamEvent one)
    {
        ulong* values = stackalloc ulong[2];
        if (LibC.read(fd, values, 2 * sizeof(ulong)) == 2 * sizeof(ulong) && values[1] > 0)
            _lost[one] = _lost.GetValueOrDefault(one) + (long)values[1];
    }

    private int OpenOnThreads(int pid, IReadOnlyList<StreamEvent> events)
    {
        int firstErrno = 0;
        var opened = new HashSet<int>();
        var threads = new List<int>();
        bool more = true;
        while (more)
        {
            more = false;
            threads.Clear();
            ProcFile.ReadThreads(pid, threads);
            foreach (int tid in threads)
            {
                if (!opened.Add(tid))
                    continue;
                more = true;
                int errno = Open(events.Where(one => !one.WholeMachine), tid);
                if (errno != Linux.ESRCH && firstErrno == 0)
                    firstErrno = errno;
            }
        }

        return opened.Count == 0 ? Linux.ESRCH : firstErrno;
    }

    private int Open(IEnumerable<StreamEvent> events, int tid)
    {
        int owner = ++_owners;
        foreach (StreamEvent one in events)
        {
            var source = new StreamSource(one, owner);
            foreach (PerfRing ring in _rings.Where(ring => ring.WholeMachine == one.WholeMachine))
            {
                int errno = Open(source, tid, ring);
                if (errno != 0)
                    return errno;
            }
        }

        return 0;
    }

    private int Open(StreamSource source, int tid, PerfRing ring)
    {
        int fd = source.Event.Open(tid, ring.Cpu, _userOnly);
        if (fd < 0)
            return Linux.Errno;
        ulong id = 0;
        if (LibC.ioctl(fd, Linux.PERF_EVENT_IOC_ID, &id) != 0
            || !SetFilter(fd, source.Event.Filter)
            || LibC.ioctl(fd, Linux.PERF_EVENT_IOC_SET_OUTPUT, ring.Fd) != 0)
        {
            int errno = Linux.Errno;
            _ = LibC.close(fd);
            return errno;
        }

        _sources[id] = source;
        _fds.Add((fd, source.Event));
        return 0;
    }

    /// <summary>Sets the filter of a tracepoint's event; null is none. False with errno.</summary>
    internal static bool SetFilter(int fd, string? filter)
    {
        if (filter is null)
            return true;
        nint text = Marshal.StringToCoTaskMemUTF8(filter);
        int result = LibC.ioctl(fd, Linux.PERF_EVENT_IOC_SET_FILTER, (void*)text);
        int errno = Linux.Errno;
        Marshal.FreeCoTaskMem(text);
        Marshal.SetLastPInvokeError(errno);
        return result == 0;
    }

    private void Read(OwnThread thread)
    {
        pollfd* fds = stackalloc pollfd[_rings.Count + 1];
        for (int i = 0; i < _rings.Count; i++)
            fds[i] = new() { fd = _rings[i].Fd, events = LibC.POLLIN };
        fds[_rings.Count] = new() { fd = _wake, events = LibC.POLLIN };

        long roundBefore = 0;
        bool last = false;
        bool busy = true;
        int soon = 0;
        while (!last)
        {
            thread.Waits();

            // EINTR is a wake-up like any other.
            _ = LibC.poll(fds, (uint)_rings.Count + 1, soon > 0 ? SoonWait : busy ? BusyWait : IdleWait);
            ulong ignored;
            if (fds[_rings.Count].revents != 0)
                _ = LibC.read(_wake, &ignored, sizeof(ulong));
            last = _ending;
            thread.Works();
            long round = Stopwatch.GetTimestamp();
            long opening = Volatile.Read(ref _openingSince);
            busy = Drain();
            roundBefore = Math.Min(roundBefore, opening);
            soon = GiveOut(last ? long.MaxValue : roundBefore) ? 2 : Math.Max(0, soon - 1);
            roundBefore = round;
        }
    }

    /// <summary>Whether anything is left to give out.</summary>
    private bool Drain()
    {
        bool any = false;
        for (int i = 0; i < _rings.Count; i++)
        {
            _rings[i].Drain(_batches[i]);
            _batches[i].Update();
            any |= _batches[i].Time != long.MaxValue;
        }

        return any;
    }

    /// <summary>Whether the sink needs what comes next soon.</summary>
    private bool GiveOut(long until)
    {
        bool soon = _sink.Begin(last: until == long.MaxValue);
        while (true)
        {
            RecordBatch oldest = Oldest();
            while (_seeds.TryPeek(out ProcessSeed? seed) && seed.Time < until && seed.Time <= oldest.Time)
            {
                _seeds.TryDequeue(out _);
                _sink.Seed(seed);
            }

            if (oldest.Time >= until)
                break;
            var record = new PerfRecord(oldest.Take());
            if (_sources.TryGetValue(record.EventId, out StreamSource? source))
                _sink.Take(record, source);
        }

        _sink.Reached(until);
        return soon;
    }

    private RecordBatch Oldest()
    {
        RecordBatch oldest = _batches[0];
        foreach (RecordBatch batch in _batches)
        {
            if (batch.Time < oldest.Time)
                oldest = batch;
        }

        return oldest;
    }
}
