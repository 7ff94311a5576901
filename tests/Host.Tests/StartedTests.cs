using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>What tests start ends with them.</summary>
public sealed class StartedTests
{
    [Fact]
    public async Task Whoever_comes_of_a_started_process_ends_with_it_also_where_its_parent_is_gone()
    {
        var start = new ProcessStartInfo("sh", ["-c", "(sleep 300 & echo $!); echo $$; exec sleep 300"]) { RedirectStandardOutput = true };
        int[] pids;
        using (Started shell = Started.Begin(start))
        {
            pids = [int.Parse((await shell.StandardOutput.LineAsync())!), int.Parse((await shell.StandardOutput.LineAsync())!)];
            Assert.All(pids, pid => Assert.True(Proc.Exists(pid)));
        }

        Assert.All(pids, pid => Assert.False(Proc.Exists(pid)));
    }
}
