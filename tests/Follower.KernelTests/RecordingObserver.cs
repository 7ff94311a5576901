using System.Text;

namespace ForkFollow.Follower.KernelTests;

internal enum Call
{
    Attached,
    Born,
    Execed,
    ThreadBorn,
    Exiting,
    Exited,
    Detached,
    Released,
    Noted,
}

internal sealed record Event(Call Call, FollowedProcess? Process, int Tid, string Text);

/// <summary>Keeps all calls in their order. The hooks run on the tracer thread, while the process is held.</summary>
internal sealed class RecordingObserver(Deadline deadline) : IFollowObserver
{
    private readonly Lock _lock = new();
    private readonly List<Event> _events = [];
    private TaskCompletionSource _changed = NewSource();

    internal Func<FollowedProcess, BirthVerdict>? OnBorn { get; set; }

    internal Action<FollowedProcess, int>? OnThreadBorn { get; set; }

    internal IReadOnlyList<Event> Events
    {
        get
        {
            lock (_lock)
                return [.. _events];
        }
    }

    internal List<FollowedProcess> Of(Call call) => [.. Events.Where(one => one.Call == call).Select(one => one.Process!)];

    internal int Count(Call call)
    {
        lock (_lock)
            return _events.Count(one => one.Call == call);
    }

    /// <summary>The first event of that kind that fits, now or later.</summary>
    internal async Task<Event> WaitAsync(Call call, Func<Event, bool> fits)
    {
        int from = 0;
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                for (; from < _events.Count; from++)
                {
                    if (_events[from].Call == call && fits(_events[from]))
                        return _events[from];
                }

                changed = _changed.Task;
            }

            await deadline.Of(changed, $"{call}");
        }
    }

    internal Task<Event> WaitAsync(Call call, int pid) => WaitAsync(call, one => one.Process?.Pid == pid);

    public void Attached(FollowedProcess process) => Add(Call.Attached, process);

    public BirthVerdict Born(FollowedProcess process)
    {
        BirthVerdict verdict = OnBorn?.Invoke(process) ?? BirthVerdict.Follow;
        Add(Call.Born, process);
        return verdict;
    }

    public void Execed(FollowedProcess process, in ExecView image) =>
        Add(Call.Execed, process, 0, Encoding.UTF8.GetString(image.Path));

    public void ThreadBorn(FollowedProcess process, int tid)
    {
        OnThreadBorn?.Invoke(process, tid);
        Add(Call.ThreadBorn, process, tid);
    }

    public void Exiting(FollowedProcess process) => Add(Call.Exiting, process);

    public void Exited(FollowedProcess process) => Add(Call.Exited, process);

    public void Detached(FollowedProcess process) => Add(Call.Detached, process);

    public void Released(FollowedProcess process) => Add(Call.Released, process);

    public void Noted(LedgerEntry entry) => Add(Call.Noted, null, entry.Pid, $"{entry.Kind}: {entry.Text}");

    public override string ToString()
    {
        IReadOnlyList<Event> events = Events;
        IEnumerable<string> last = events.Skip(events.Count - 60)
            .Select(one => $"{one.Call} {one.Process} {(one.Tid == 0 ? "" : one.Tid)} {one.Text}".Trim());
        return $"{events.Count} calls, the last ones: {string.Join(" | ", last)}\n";
    }

    private void Add(Call call, FollowedProcess? process, int tid = 0, string text = "")
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _events.Add(new(call, process, tid, text));
            changed = _changed;
            _changed = NewSource();
        }

        changed.SetResult();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
