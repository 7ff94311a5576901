using System.Runtime.InteropServices;
using ForkFollow.Collectors.Perf;
using ForkFollow.Follower;
using ForkFollow.Native;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// What is collected through perf rings in one run: opens the events on the targets, and has their records made into
/// profile.data and the results of each process. Enter and Execed are called on the tracer thread, Left on the closer's.
/// </summary>
public sealed class ProfileSession : IDisposable
{
    /// <summary>
    /// Children of an attached process may have been forked after it was seized and before its events were open: those that
    /// are born so soon get events of their own.
    /// </summary>
    private static readonly long _uncertainNs = 2_000_000_000;

    private readonly RunResults _results;
    private readonly StreamPlan _plan;
    private readonly PerfStream _stream;
    private readonly StreamRecorder _recorder;
    private readonly RecordingWriter _writer;
    private readonly StackCopies? _copies;
    private readonly Action<LedgerEntry> _report;

    /// <summary>What was executed; tracer thread.</summary>
    private readonly HashSet<FileIdentity> _executables = [];
    private bool _ended;

    private ProfileSession(StreamPlan plan, RunResults results, ResultDirectory directory, Action<LedgerEntry> report)
    {
        _results = results;
        _plan = plan;
        _report = report;
        _writer = new(directory, text => report(new(LedgerKind.Results, 0, text)));
        _copies = plan.HasUserStacks ? new(directory, text => report(new(LedgerKind.Results, 0, text))) : null;
        _recorder = new(results, _writer, new(plan.HasUserStacks), _copies, plan.Events, plan.MakeHeader());
        _stream = new(plan.Rings, plan.UserOnly, _recorder, results);
        Collector = new StreamCollector(this, [.. plan.Options.Names]);
    }

    /// <summary>The one collector of all that is collected.</summary>
    public Collector Collector { get; }

    /// <summary>Why stacks cannot be unwound by copies here: what, why, remedy in one line; null if they can.</summary>
    public static string? DwarfRefusal => LibDw.IsThere
        ? null
        : "--call-graph dwarf cannot be had: libdw.so.1 of elfutils, which unwinds stacks, cannot be loaded; install libdw1 "
            + "(elfutils-libs on Fedora), or say --call-graph fp";

    /// <summary>Why tracepoints cannot be read here: what, why, remedy in one line; null if they can.</summary>
    public static string? TracepointRefusal =>
        TracepointFormat.Read("sched", "sched_switch", out string? refusal) is null ? refusal : null;

    /// <summary>Opens the rings, and starts to read.</summary>
    /// <param name="options">What to collect.</param>
    /// <param name="results">Where sums per process go.</param>
    /// <param name="directory">The result directory.</param>
    /// <param name="report">Takes what could not be collected. Any thread.</param>
    /// <param name="refusal">Why nothing can be: what, why, remedy in one line; null otherwise.</param>
    /// <returns>The session, or null.</returns>
    public static ProfileSession? Open(
        ProfileOptions options, RunResults results, ResultDirectory directory, Action<LedgerEntry> report, out string? refusal)
    {
        ArgumentNullException.ThrowIfNull(options);
        refusal = options is { Cpu: true, Dwarf: true } ? DwarfRefusal : null;
        if (refusal is not null)
            return null;
        StreamPlan? plan = StreamPlan.Make(options, out refusal);
        if (plan is null)
            return null;
        ProfileSession session;
        try
        {
            session = new ProfileSession(plan, results, directory, report);
        }
        catch (IOException e)
        {
            refusal = $"cannot sample: {e.Message}; raise the hard limit of open files (ulimit -Hn)";
            plan.Dispose();
            foreach (PerfRing ring in plan.Rings)
                ring.Dispose();
            return null;
        }

        int errno = session._stream.Start(plan.Events);
        if (errno == 0)
            return session;
        refusal = $"cannot sample: perf_event_open failed: {Marshal.GetPInvokeErrorMessage(errno)}";
        session.Dispose();
        return null;
    }

    /// <summary>Finds out what could be collected, and opens nothing.</summary>
    public static ProfileCheck Check(ProfileOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using StreamPlan? plan = StreamPlan.Make(options, out string? refusal);
        foreach (PerfRing ring in plan?.Rings ?? [])
            ring.Dispose();
        return new(refusal, plan?.CpuEvent, plan?.UserOnly ?? false, plan?.SeesWholeMachine ?? false);
    }

    /// <summary>
    /// Takes what is left in the rings, and ends reading. After the last process has been closed; the results of all
    /// processes are complete afterwards.
    /// </summary>
    public void End()
    {
        if (_ended)
            return;
        _ended = true;
        if (!_stream.End())
            return; // the reader thread hangs in the recorder
        _recorder.Unwind();
        _recorder.WriteSymbols();
        _writer.End();
        _copies?.Dispose();
        if (_recorder.CutMaps > 0)
        {
            _report(new(LedgerKind.Collector, 0,
                $"{_recorder.CutMaps} files /tmp/perf-PID.map are longer than 128 MiB or 1,000,000 functions: what is beyond has no names"));
        }

        if (_recorder.UnkeptMaps > 0)
        {
            _report(new(LedgerKind.Collector, 0,
                $"{_recorder.UnkeptMaps} files /tmp/perf-PID.map were too much to be kept in memory, 128 MiB in all: callers in compiled code "
                + "that were found by unwinding have no names there"));
        }

        foreach (string text in LostRecords.Describe(_stream.Lost, _recorder.Lost, _recorder.LostOfMachine, _results.ToList()))
            _report(new(LedgerKind.Collector, 0, text));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _writer.Dispose();
        _plan.Dispose();
    }

    /// <summary>A process is followed from now on. True unless nothing is collected for it.</summary>
    internal bool Enter(FollowedProcess process) =>
        !_stream.HasFailed && (Inherits(process) || OpenOn(process, running: process.Origin == ProcessOrigin.Attached));

    /// <summary>A process has executed a program. A set-id or unreadable one ends its events: they are opened anew.</summary>
    internal void Execed(FollowedProcess process, in ExecView image)
    {
        if (_plan.HasStacks && image.File != default && _executables.Add(image.File))
        {
            _recorder.Execed(process);
            _stream.Wake();
        }

        if (_plan.HasTaskEvents && !image.IsDumpable)
            OpenOn(process, running: false);
    }

    /// <summary>A process is dead or let go.</summary>
    internal void Left(ProcessResult result) => _recorder.Ended(result);

    private static bool Inherits(FollowedProcess process) =>
        process is { Origin: not (ProcessOrigin.Attached or ProcessOrigin.Launched), Parent: { } parent }
        && (parent.Origin != ProcessOrigin.Attached || process.StartTimestamp - parent.StartTimestamp > _uncertainNs);

    private bool OpenOn(FollowedProcess process, bool running)
    {
        int errno = _stream.OpenOn(process.Pid, running, _plan.Events);
        if (errno is not (0 or Linux.ESRCH))
        {
            _report(new(LedgerKind.Collector, process.Pid,
                $"samples are missing for {process} and what it forks: its events or its maps cannot be opened: "
                + Marshal.GetPInvokeErrorMessage(errno)
                + (errno == Linux.EMFILE ? "; raise the hard limit of open files (ulimit -Hn)" : "")));
        }

        return errno == 0;
    }
}
