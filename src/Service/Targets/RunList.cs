namespace ForkFollow.Service;

/// <summary>The runs that go on, those included that only write results still. Any thread.</summary>
internal sealed class RunList
{
    private readonly Dictionary<FollowRun, Task> _runs = [];

    internal int Count
    {
        get
        {
            lock (_runs)
                return _runs.Count;
        }
    }

    /// <summary>Adds a run until <paramref name="end"/> completes.</summary>
    internal void Add(FollowRun run, Task end)
    {
        lock (_runs)
            _runs.Add(run, end);
        _ = RemoveAsync(run, end);
    }

    internal void EndAll()
    {
        foreach (FollowRun run in Runs())
            run.End();
    }

    /// <summary>Completes when each tracer thread has answered.</summary>
    internal Task AnswerAsync() => Task.WhenAll(Runs().Select(run => run.AnswerAsync()));

    internal Task AllEnded()
    {
        lock (_runs)
            return Task.WhenAll(_runs.Values);
    }

    private FollowRun[] Runs()
    {
        lock (_runs)
            return [.. _runs.Keys];
    }

    private async Task RemoveAsync(FollowRun run, Task end)
    {
        await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_runs)
            _runs.Remove(run);
    }
}
