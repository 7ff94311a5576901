using ForkFollow.Follower;

namespace ForkFollow.Collectors.Tests;

/// <summary>Runs a command to its end under a collector host, and gives its results.</summary>
internal static class Runs
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    internal static string Tracee(string name) => Path.Combine(Metadata.Of("TraceeFolder"), name);

    internal static async Task<(RunResults Results, FollowerFigures Figures)> FollowAsync(
        IReadOnlyList<Collector> collectors, params string[] command)
    {
        var figures = new FollowerFigures();
        var results = new RunResults(command, figures);
        using (var host = new CollectorHost(results, collectors))
        {
            await using FollowSession session = await FollowSession.LaunchAsync(new() { Command = command }, host, figures: figures);
            await session.Completion.WaitAsync(_deadline);
        }

        return (results, figures);
    }

    /// <summary>Runs with the counters that this machine allows, rusage beside them.</summary>
    internal static async Task<RunResults> CountAsync(params string[] command)
    {
        using CounterSettings? settings = CounterSettings.Probe(out string? refusal);
        Assert.True(settings is not null, refusal);
        (RunResults results, FollowerFigures figures) = await FollowAsync(
            [new RusageCollector(), new CounterCollector(settings, entry => Assert.Fail(entry.Text))], command);
        Assert.Empty(figures.Ledger);
        return results;
    }

    internal static long Counter(this ProcessResult result, string name)
    {
        Assert.NotNull(result.Counters);
        int index = result.Counters.Events.ToList().IndexOf(name);
        Assert.True(index >= 0, $"{name} is not counted");
        return result.Counters.Values[index];
    }
}
