using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>Values that a collector of somebody else's sets when it closes.</summary>
public sealed class CollectorValuesTests
{
    /// <summary>Else telemetry, which waits for that, would not have what the last one adds.</summary>
    [Fact]
    public async Task A_process_is_closed_only_when_the_last_of_its_collectors_is()
    {
        (RunResults results, _) = await Runs.FollowAsync([new RusageCollector(), new Adding()], "/bin/sh", "-c", "/bin/true; :");
        Assert.Equal(2, results.Count);
        foreach (ProcessResult result in results.ToList())
        {
            Assert.Equal([new ResultValue("app.closed.before", "False")], result.Values);
            Assert.True(result.IsClosed);
        }
    }

    private sealed class Adding(Collector? parent = null) : Collector(parent)
    {
        public override string Name => "adding";

        protected override Collector MakeAlike() => new Adding(this);

        protected override bool OnOpen(FollowedProcess process) => true;

        protected override void OnClose(ProcessResult result) => result.SetValue("app.closed.before", result.IsClosed.ToString());
    }
}
