using System.Text.Json;
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

    private static JsonElement Data(RecordedRun run)
    {
        using var stream = new MemoryStream();
        HtmlReport.WriteData(stream, run);
        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    private static RecordedRun Run() => SyntheticRuns.Empty() with
    {
        Processes =
        [
            SyntheticRuns.Process(1, null, "sh", 0, 2 * SyntheticRuns.Ms),
            SyntheticRuns.Process(2, 1, "make", 0, 2 * SyntheticRuns.Ms) with
            {
                Values =
                [
                    new("app.wait.time", 0.0123, "s"), new("app.cache.hits", 12_345, "{hit}"), new("app.cache.size", 4096, "By"),
                    new("app.cache.share", 12.5, "%"), new("app.ratio", 0.98765, "1"), new("app.mode", "fast"),
                ],
                Tables =
                [
                    new("app.rules", [new("rule"), new("time", "s"), new("runs", "{run}")],
                        [.. Enumerable.Range(0, 541).Select(i => (ResultCell[])[$"rule {i}", (i + 1) / 1000.0, i * 7])]),
                ],
            },
        ],
    };
}
