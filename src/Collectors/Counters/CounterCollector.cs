using ForkFollow.Follower;
using ForkFollow.Native;

namespace ForkFollow.Collectors;

/// <summary>
/// <c>counters</c>: counts events of a process, all its threads together, from its first instruction (or from when we
/// attached) to its end. One perf group per task at the start; threads that come later inherit it, child processes
/// do not.
/// </summary>
public sealed class CounterCollector : Collector
{
    private readonly CounterSettings _settings;
    private readonly Action<LedgerEntry> _report;
    private readonly List<PerfGroup>[] _groups;

    /// <summary>The first of its kind.</summary>
    /// <param name="settings">What is counted.</param>
    /// <param name="report">Takes what could not be counted. Called on the tracer thread and the closer's.</param>
    public CounterCollector(CounterSettings settings, Action<LedgerEntry> report)
        : this(parent: null, settings, report)
    {
    }

    private CounterCollector(Collector? parent, CounterSettings settings, Action<LedgerEntry> report)
        : base(parent)
    {
        _settings = settings;
        _report = report;
        _groups = [.. settings.Groups.Select(_ => new List<PerfGroup> { new() })];
    }

    /// <inheritdoc/>
    public override string Name => "counters";

    /// <inheritdoc/>
    protected override Collector MakeAlike() => new CounterCollector(this, _settings, _report);

    /// <inheritdoc/>
    protected override bool OnOpen(FollowedProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (process.Origin == ProcessOrigin.Attached)
            return OpenOnThreads(process);
        if (process.Parent is null)
            _settings.KeepContext(process.Pid);
        return OpenOn(process, process.Pid);
    }

    /// <inheritdoc/>
    protected override void OnExeced(FollowedProcess process, in ExecView image)
    {
        ArgumentNullException.ThrowIfNull(process);
        foreach (PerfGroup group in _groups[0])
        {
            if (group.IsOpen && group.LivesOn(process.Pid))
                return;
        }

        OpenOn(process, process.Pid);
    }

    /// <inheritdoc/>
    protected override void OnClose(ProcessResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var values = new long[_settings.Events.Count];
        int at = 0;
        int errno = 0;
        for (int i = 0; i < _groups.Length; i++)
        {
            Span<long> sums = values.AsSpan(at, _settings.Groups[i].Length);
            foreach (PerfGroup group in _groups[i])
            {
                if (!group.IsOpen)
                    continue;
                int failed = group.AddTo(sums);
                errno = errno == 0 ? failed : errno;
                group.Close();
            }

            at += sums.Length;

            // One is kept for the next process; more were needed for threads or a set-id program.
            _groups[i].RemoveRange(1, _groups[i].Count - 1);
        }

        if (errno == 0)
            result.Counters = new(_settings.Events, values);
        else
            _report(new(LedgerKind.Collector, result.Pid, DescribeReading(result.Process, errno)));
    }

    /// <summary>On each thread that there is, since inheritance covers those to come only.</summary>
    private bool OpenOnThreads(FollowedProcess process)
    {
        bool any = false;
        var threads = new List<int>();
        ProcFile.ReadThreads(process.Pid, threads);
        foreach (int tid in threads)
        {
            _settings.KeepContext(tid);
            any |= OpenOn(process, tid);
        }

        return any;
    }

    private bool OpenOn(FollowedProcess process, int tid)
    {
        bool any = false;
        for (int i = 0; i < _groups.Length; i++)
        {
            PerfGroup group = FreeGroup(_groups[i]);
            int errno = group.Open(_settings.Groups[i], _settings.UserOnly, tid);
            any |= errno == 0;
            if (errno != 0 && errno != Linux.ESRCH)
                _report(new(LedgerKind.Collector, tid, Describe(process, errno)));
        }

        return any;
    }

    private static PerfGroup FreeGroup(List<PerfGroup> groups)
    {
        foreach (PerfGroup group in groups)
        {
            if (!group.IsOpen)
                return group;
        }

        var added = new PerfGroup();
        groups.Add(added);
        return added;
    }

    private static string DescribeReading(FollowedProcess process, int errno) =>
        $"counters are missing for {process}: reading them failed: " + Linux.Describe(errno)
        + (errno == Linux.ECHILD ? " (it made a thread while they were opened)" : "");

    private static string Describe(FollowedProcess process, int errno) =>
        $"counters are missing for {process}: perf_event_open failed: "
        + System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)
        + (errno == Linux.EMFILE ? "; raise the hard limit of open files (ulimit -Hn)" : "");
}
