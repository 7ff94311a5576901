using System.Diagnostics;
using System.Globalization;

namespace ForkFollow.Follower.KernelTests;

/// <summary>
/// Inits of pid namespaces that crash: they die as they do without us. The kernel keeps one that is traced from dying of what it
/// does itself, so that any other tracer sees the same signal for ever.
/// </summary>
public sealed class InitTests : KernelTest
{
    [SkippableTheory]
    [InlineData("abort")]
    [InlineData("fault")]
    [InlineData("trap")]
    [InlineData("thread")]
    [InlineData("crowd")]
    [InlineData("children")]
    [InlineData("handled")]
    [InlineData("sent")]
    public async Task Init_of_a_pid_namespace_ends_as_without_us(string how)
    {
        Machine.Need(Machine.Root("for a pid namespace"));
        string bare = (await BareAsync(how)).Trim();
        FollowSession session = await LaunchAsync("inits", how);
        await Pipes.Output.ExpectAsync(bare);
        await CompleteAsync(session);
        AssertExit(0, session.Root!);

        // What its parent saw is what the results say.
        FollowedProcess init = Seen.Of(Call.Born)[1];
        Assert.Equal(ProcessEnd.Exited, init.End);
        string[] words = bare.Split(' ');
        int number = int.Parse(words[1], CultureInfo.InvariantCulture);
        Assert.Equal(words[0] == "killed" ? (0, number) : (number, 0), (init.Exit!.Code, init.Exit.Signal));
        Assert.NotNull(init.Usage);
        if (how == "children")
            Assert.Equal(2, Seen.Of(Call.Exited).Count(one => one.Exit == new ProcessExit(0, 9, false)));
    }

    private static async Task<string> BareAsync(string how)
    {
        using Started bare = Started.Begin(new ProcessStartInfo(Programs.PathOf("inits"), how) { RedirectStandardOutput = true });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        string output = await bare.StandardOutput.ReadToEndAsync(limit.Token);
        await bare.EndedAsync(limit.Token);
        return output;
    }
}
