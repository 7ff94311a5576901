using System.Diagnostics;
using ForkFollow.Follower;

namespace ForkFollow.Collectors;

/// <summary>The results of one run, a <see cref="ProcessResult"/> per process, in birth order. Any thread may read.</summary>
public sealed class RunResults
{
    private readonly Lock _lock = new();
    private readonly List<ProcessResult?> _byId = new(1024);
    private readonly Dictionary<int, ProcessResult> _byPid = new(1024);
    private Waiter? _waiter;
    private long _version;

    /// <param name="command">The launched command; null if we attached.</param>
    public RunResults(IReadOnlyList<string>? command) => Command = command;

    /// <summary>The launched command; null if we attached.</summary>
    public IReadOnlyList<string>? Command { get; }

    /// <summary>When the run began, by the wall clock.</summary>
    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    /// <summary>The same moment as a Stopwatch timestamp: what all times of the results count from.</summary>
    public long StartTimestamp { get; } = Stopwatch.GetTimestamp();

    /// <summary>When following ended, as a Stopwatch timestamp; 0 while it goes on.</summary>
    public long EndTimestamp { get; set; }

    /// <summary>How many processes are known.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them have not ended yet.</summary>
    public int Alive { get; private set; }

    /// <summary>Grows with every birth, exec and end.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>
    /// Completes once <see cref="Version"/> is no longer <paramref name="version"/>. Any number of callers; one that cancels is
    /// kept until the next change, so do not cancel and wait again in a loop.
    /// </summary>
    public async Task WaitForChangeAsync(long version, CancellationToken cancellation)
    {
        var waiter = new Waiter(version);
        Push(waiter);
        if (Version == version)
            await waiter.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Appends the results of the processes with ids from <paramref name="first"/> on, at most so many.</summary>
    /// <returns>The id to go on with, or 0 at the end.</returns>
    public int CopyTo(List<ProcessResult> target, int first, int most)
    {
        ArgumentNullException.ThrowIfNull(target);
        lock (_lock)
        {
            int end = Math.Min(first - 1 + most, _byId.Count);
            for (int i = first - 1; i < end; i++)
            {
                if (_byId[i] is { } result)
                    target.Add(result);
            }

            return end == _byId.Count ? 0 : end + 1;
        }
    }

    /// <summary>All results, in birth order.</summary>
    public List<ProcessResult> ToList()
    {
        var all = new List<ProcessResult>(Count);
        CopyTo(all, 1, int.MaxValue);
        return all;
    }

    internal void Add(ProcessResult result)
    {
        int id = result.Process.Id;
        lock (_lock)
        {
            while (_byId.Count < id)
                _byId.Add(null);
            _byId[id - 1] = result;
            result.SamePidBefore = _byPid.GetValueOrDefault(result.Process.Pid);
            _byPid[result.Process.Pid] = result;
            Count++;
            Alive++;
        }

        CountChange();
    }

    internal ProcessResult? Find(FollowedProcess process)
    {
        lock (_lock)
            return process.Id <= _byId.Count ? _byId[process.Id - 1] : null;
    }

    /// <summary>
    /// Whose pid that was at a time: the eldest of that pid that had not ended before. Null if nobody followed had it.
    /// </summary>
    internal ProcessResult? FindByPid(int pid, long time)
    {
        lock (_lock)
        {
            ProcessResult? found = null;
            for (ProcessResult? one = _byPid.GetValueOrDefault(pid); one is not null; one = one.SamePidBefore)
            {
                if (one.Process.End == ProcessEnd.Alive || one.Process.EndTimestamp >= time)
                    found = one;
            }

            return found;
        }
    }

    internal void CountEnd()
    {
        Alive--;
        CountChange();
    }

    internal void CountChange() => Volatile.Write(ref _version, _version + 1);

    /// <summary>Wakes who waits for a change. Tracer thread, while nobody is held.</summary>
    internal void TellChange()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _waiter) is null)
            return;
        Waiter? waiter = Interlocked.Exchange(ref _waiter, null);
        while (waiter is not null)
        {
            Waiter? next = waiter.Next;
            if (waiter.Version == _version)
                Push(waiter);
            else
                waiter.TrySetResult();
            waiter = next;
        }
    }

    /// <summary>Room for the births to come, made while nobody is held.</summary>
    internal void Reserve(int more)
    {
        lock (_lock)
        {
            if (_byId.Capacity < _byId.Count + more)
                _byId.EnsureCapacity(Math.Max(_byId.Count + more, _byId.Capacity * 2));
            if (_byPid.Capacity < _byPid.Count + more)
                _byPid.EnsureCapacity(Math.Max(_byPid.Count + more, _byPid.Capacity * 2));
        }
    }

    /// <summary>A full barrier: the version that is read behind it is not older than what the tracer thread saw before it looked.</summary>
    private void Push(Waiter waiter)
    {
        do
            waiter.Next = Volatile.Read(ref _waiter);
        while (Interlocked.CompareExchange(ref _waiter, waiter, waiter.Next) != waiter.Next);
    }

    /// <summary>Waits for a version other than the one that it knows. In a list.</summary>
    private sealed class Waiter(long version) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal Waiter? Next { get; set; }

        internal long Version { get; } = version;
    }
}
