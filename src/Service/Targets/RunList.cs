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

    /// <summary>Those that have begun.</summary>
    internal IEnumerable<FollowedRun> Begun => Runs().Select(run => run.Begun).Where(begun => begun.IsCompletedSuccessfully).Select(begun => begun.Result);

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

    /// <summary>What is wrong with a thread that serves one of them, or is at one piece of work so long; null if nothing is.</summary>
    internal string? FindThreadTrouble(TimeSpan patience) =>
        Runs().Select(run => run.FindThreadTrouble(patience)).FirstOrDefault(trouble => trouble is not null);

    /// <summary>Completes when all have ended, however.</summary>
    internal async Task AllEnded()
    {
        Task all;
        lock (_runs)
            all = Task.WhenAll(_runs.Values);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
