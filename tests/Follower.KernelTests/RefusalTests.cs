using System.Diagnostics;
using System.Globalization;

namespace ForkFollow.Follower.KernelTests;

/// <summary>Targets that cannot be seized: the message says why, and the others are followed.</summary>
public sealed class RefusalTests : KernelTest
{
    [Fact]
    public async Task Target_of_another_session_is_refused()
    {
        Tracee tracee = await StartAsync("zombies");
        await tracee.Output.NextAsync();
        FollowSession session = await AttachAsync(tracee.Pid);
        string message = await Refused(tracee.Pid);
        Assert.Contains("already traced by", message, StringComparison.Ordinal);
        Assert.Contains($"(process {Environment.ProcessId})", message, StringComparison.Ordinal);
        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
    }

    [SkippableFact]
    public async Task Target_of_strace_is_refused()
    {
        Machine.Need(Machine.Tool("strace"));
        Tracee tracee = await StartAsync("zombies");
        await tracee.Output.NextAsync();
        using Started strace = Started.Begin(new ProcessStartInfo("strace", ["-p", $"{tracee.Pid}"]) { RedirectStandardError = true });
        await Deadline.Until(() => Proc.TracerOf(tracee.Pid) != 0, "strace has attached");
        string message = await Refused(tracee.Pid);
        Assert.Contains($"already traced by strace (process {strace.Id})", message, StringComparison.Ordinal);
        Assert.Equal(0, Native.kill(strace.Id, Native.SIGTERM));
        await strace.EndedAsync();
    }

    [Fact]
    public async Task Pid_that_does_not_exist_is_refused() =>
        Assert.Contains("no such process", await Refused(0x3ffff0), StringComparison.Ordinal);

    [Fact]
    public async Task We_cannot_follow_ourselves() =>
        Assert.Contains("itself", await Refused(Environment.ProcessId), StringComparison.Ordinal);

    [Fact]
    public async Task Child_that_dotnet_waits_for_is_refused()
    {
        using Started child = Started.Begin(new ProcessStartInfo("cat") { RedirectStandardInput = true });
        Assert.Contains("child of this very process", await Refused(child.Id), StringComparison.Ordinal);
        child.StandardInput.Close();
        await child.EndedAsync();
        Assert.Equal(0, child.ExitCode);
    }

    [SkippableFact]
    public async Task Kernel_thread_is_refused()
    {
        Machine.Need(Proc.Status(2, "Kthread") == "1" ? null : "pid 2 is no kernel thread in this pid namespace");
        Assert.Contains("kernel thread", await Refused(2), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Zombie_is_refused()
    {
        Tracee tracee = await StartAsync("zombies");
        int zombie = int.Parse(await tracee.Output.NextAsync(), CultureInfo.InvariantCulture);
        Assert.Contains("zombie", await Refused(zombie), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_refused_target_does_not_keep_the_other_from_being_followed()
    {
        LedgerExpected = true;
        Tracee tracee = await StartAsync("zombies");
        int zombie = int.Parse(await tracee.Output.NextAsync(), CultureInfo.InvariantCulture);
        FollowSession session = await AttachAsync(zombie, tracee.Pid);
        Assert.Equal(tracee.Pid, Seen.Of(Call.Attached).Single().Pid);
        LedgerEntry entry = Assert.Single(session.Figures.Ledger);
        Assert.Equal(LedgerKind.SeizeRefused, entry.Kind);
        Assert.Equal(zombie, entry.Pid);
        Assert.Contains("zombie", entry.Text, StringComparison.Ordinal);
        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
        await CompleteAsync(session);
    }

    [Fact]
    public async Task Message_has_a_line_for_each_refused_target()
    {
        string message = await Refused(0x3ffff0, 0x3ffff1);
        Assert.Equal(2, message.Split('\n').Length);
    }

    private async Task<string> Refused(params int[] pids)
    {
        var observer = new RecordingObserver(Deadline);
        FollowException e = await Assert.ThrowsAsync<FollowException>(
            () => Deadline.Of(FollowSession.AttachAsync(new() { Targets = [.. pids] }, observer), "the refusal"));
        Assert.Equal(FollowFailure.Refused, e.Failure);
        Assert.All(pids, pid => Assert.Contains($"{pid}", e.Message, StringComparison.Ordinal));
        Assert.Empty(observer.Of(Call.Attached));
        return e.Message;
    }
}
