using System.Collections.Concurrent;
using System.Diagnostics;
using ForkFollow.Collectors.Perf;
using ForkFollow.Follower;
using ForkFollow.Native;
using ForkFollow.Results;
using ForkFollow.Results.Protocol;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Makes a recording out of the records of a stream: keeps for each process where its code is, turns call chains into
/// numbered stacks, adds up waits and system calls, and writes profile.data.
/// <para>
/// A pid is told from a later one by the FORK record that begins it. Which followed process it is, is asked when the first
/// sample comes: by then the follower has told its birth (a record is given out 0.1 s late), and a pid cannot be reused
/// before our tracer has reaped it. What is in no followed process (all others, when the whole machine is sampled) is
/// passed over.
/// </para>
/// Reader thread, but for <see cref="Ended"/> and <see cref="Execed"/>.
/// </summary>
internal sealed partial class StreamRecorder : IRecordSink
{
    /// <summary>The functions of a chunk: a reader has a limit.</summary>
    private const int MostSymbols = 50_000;

    private static readonly TimeSpan _writeInterval = TimeSpan.FromSeconds(1);

    private readonly RunResults _results;
    private readonly RecordingWriter _writer;
    private readonly ModuleTable _modules;
    private readonly Dictionary<int, ProcessImage> _images = [];
    private readonly ConcurrentQueue<ProcessResult> _ended = new();
    private readonly ConcurrentQueue<FollowedProcess> _execed = new();
    private readonly Queue<ProcessResult> _toFinish = new();
    private readonly StackInterner _stacks = new();
    private readonly Stack<Histogram> _latencies = new();
    private readonly string[] _traceEvents;
    private readonly bool _waits;
    private readonly StackCopies? _copies;
    private Chunk _chunk = new();
    private int _threads;
    private long _lastSampleTime;
    private long _lastWrite;

    /// <param name="results">Where sums per process go.</param>
    /// <param name="writer">Takes the recording.</param>
    /// <param name="modules">Opens the files with code.</param>
    /// <param name="copies">Takes copies of stacks; null if no event has any.</param>
    /// <param name="events">The events of the stream.</param>
    /// <param name="header">How the recording begins.</param>
    internal StreamRecorder(
        RunResults results, RecordingWriter writer, ModuleTable modules, StackCopies? copies,
        IReadOnlyList<StreamEvent> events, Header header)
    {
        _copies = copies;
        _results = results;
        _writer = writer;
        _modules = modules;
        _waits = events.Any(one => one.Kind == StreamEventKind.Switch);
        _traceEvents = [.. header.TraceEvents];
        _chunk.Header = header;
    }

    /// <summary>How many records of the targets were lost in all.</summary>
    internal long Lost { get; private set; }

    /// <summary>How many records of the whole machine were lost, of whomever.</summary>
    internal long LostOfMachine { get; private set; }

    /// <summary>How many files of just-in-time compilers had more functions than are read.</summary>
    internal int CutMaps { get; private set; }

    /// <summary>How many of them were too much to be kept until stacks are unwound.</summary>
    internal int UnkeptMaps { get; private set; }

    /// <summary>A process has ended: its sums are due once all its records have come. Any thread.</summary>
    internal void Ended(ProcessResult result) => _ended.Enqueue(result);

    public bool Begin(bool last)
    {
        if (last)
            _modules.EndCopying();
        bool soon = false;
        while (_execed.TryDequeue(out FollowedProcess? process))
            soon |= _modules.ReadExecutable(process);
        return soon;
    }

    public void Take(in PerfRecord record, StreamSource source)
    {
        switch (record.Header.type)
        {
            case PerfRecordType.PERF_RECORD_FORK:
                TakeFork(record);
                break;
            case PerfRecordType.PERF_RECORD_EXIT:
                TakeExit(record);
                break;
            case PerfRecordType.PERF_RECORD_COMM:
                TakeComm(record);
                break;
            case PerfRecordType.PERF_RECORD_MMAP2:
                TakeMapping(record);
                break;
            case PerfRecordType.PERF_RECORD_SAMPLE:
                TakeSample(record, source);
                break;
            case PerfRecordType.PERF_RECORD_SWITCH:
                TakeSwitch(record, source);
                break;
            case PerfRecordType.PERF_RECORD_LOST:
            case PerfRecordType.PERF_RECORD_LOST_SAMPLES:
                TakeLost(record, source);
                break;
            default:
                // THROTTLE and what newer kernels bring.
                break;
        }
    }

    public void Reached(long time)
    {
        while (_ended.TryDequeue(out ProcessResult? result))
            _toFinish.Enqueue(result);
        while (_toFinish.TryPeek(out ProcessResult? result) && result.Process.EndTimestamp < time)
        {
            _toFinish.Dequeue();
            if (_images.TryGetValue(result.Process.Pid, out ProcessImage? image) && Link(image, result.Process.EndTimestamp) == result)
            {
                _images.Remove(image.Pid);
                Finish(image, result);
            }
        }

        if (time == long.MaxValue)
        {
            foreach (ProcessImage image in _images.Values)
            {
                if (Link(image, long.MaxValue) is { } result)
                    Finish(image, result);
            }

            _images.Clear();
        }

        TakeMethods(last: time == long.MaxValue);
        WriteChunk(time == long.MaxValue);
    }

    /// <summary>Writes the functions of all places. After the stream has ended.</summary>
    internal void WriteSymbols()
    {
        if (_stacks.Frames.Count == 0)
            return;
        NameLate();
        NameFrames();
        _chunk.HasSymbols = true;
        WriteChunk(now: true);
    }

    /// <summary>The functions of all places but those of JITs, which are told at the end of their process.</summary>
    private void NameFrames()
    {
        var names = new FunctionNames();
        foreach (((int module, ulong address), int frame) in _stacks.Frames)
        {
            string? function = _modules.IsKernel(module) ? names.InKernel(address)
                : _modules.IsVdso(module) ? names.InVdso(address)
                : _modules.SymbolsOf(module, _chunk)?.Find(address) is { } mangled ? names.Demangle(mangled)
                : _managed.Find(module, address);
            if (function is not null)
                _chunk.Symbols.Add(new Symbol { Frame = (uint)frame, Function = function });
            if (_chunk.Symbols.Count == MostSymbols)
                WriteChunk(now: true);
        }
    }

    /// <summary>A process has executed a program that nobody has executed before. Any thread.</summary>
    internal void Execed(FollowedProcess process) => _execed.Enqueue(process);

    private void WriteChunk(bool now)
    {
        long time = Stopwatch.GetTimestamp();
        if (!now && time - _lastWrite < _writeInterval.TotalNanoseconds)
            return;
        _lastWrite = time;
        if (now)
        {
            foreach (ProcessImage image in _images.Values)
                FlushSums(image);
        }

        // A header alone says nothing: where nothing is sampled there is no file.
        if (_chunk is
            {
                Modules.Count: 0, Threads.Count: 0, ThreadNames.Count: 0, Samples: null, Waits: null, Traces: null,
                Symbols.Count: 0, HasSymbols: false,
            })
        {
            return;
        }

        _writer.Write(_chunk);
        _chunk = new();
        _lastSampleTime = 0;
    }

    /// <summary>The followed process of an image; null if there is none (yet).</summary>
    private ProcessResult? Link(ProcessImage image, long time) => image.Result ??= _results.FindByPid(image.Pid, time);

    /// <summary>The number of a thread in the recording; -1 if its process is not followed.</summary>
    private int NumberOf(ProcessImage image, ThreadImage thread, long time)
    {
        if (thread.Number >= 0)
            return thread.Number;
        if (Link(image, time) is not { } result)
            return -1;
        thread.Number = _threads++;
        _chunk.Threads.Add(new Results.Protocol.Thread { Process = result.Process.Id, Tid = thread.Tid, Name = thread.Name });
        return thread.Number;
    }

    /// <summary>All records of a process have come.</summary>
    private void Finish(ProcessImage image, ProcessResult result)
    {
        EndWaits(image, result.Process.EndTimestamp);
        if (result.AwaitsMethods)
            AwaitMethods(image, result);
        else
            EndJit(image);
        FlushSums(image);
        result.Samples = image.Samples;
        result.Lost = image.Lost;
        if (_waits)
            result.Waits = new(image.WaitCount, image.WaitNs, image.RunQueueNs);
        if (image.HasEvents)
            result.Events = image.EventCounts.ToDictionary(one => _traceEvents[one.Key], one => one.Value);
        if (image.Syscalls is { } calls)
        {
            result.Syscalls = [.. calls.Select(one => one.Value.Summarize(one.Key)).OrderByDescending(one => one.TotalNs)];
            foreach (SyscallSum sum in calls.Values)
                sum.Release();
        }
    }

    /// <summary>Writes the functions of code that a process made itself.</summary>
    private void EndJit(ProcessImage image)
    {
        if (image.Jit is { } jit)
            Resolve(jit, image.Result?.Process);
        image.Jit = null;
    }

    /// <summary>Puts the sums of a process so far into the current chunk.</summary>
    private void FlushSums(ProcessImage image)
    {
        if (image.HasWaits)
            FlushWaits(image);
        if (image.HasTraces)
            FlushTraces(image);
    }

    private void FlushTraces(ProcessImage image)
    {
        foreach (((int traced, int thread, int stack), long count) in image.Traces)
        {
            _chunk.Traces ??= new();
            _chunk.Traces.Event.Add((uint)traced);
            _chunk.Traces.Thread.Add((uint)thread);
            _chunk.Traces.Stack.Add((uint)stack);
            _chunk.Traces.Count.Add((ulong)count);
        }

        image.Traces.Clear();
    }
}
