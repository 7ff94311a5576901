using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>forkfollow -p PID, as a user runs it.</summary>
public sealed class AttachTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task A_running_tree_is_followed_with_its_descendants_and_runs_on_at_Ctrl_C()
    {
        using Process target = ForkFollowProgram.Start(
            "/bin/sh", ["-c", "sleep 60 & echo $!; while read line; do /bin/echo $line; done; exit 6"]);
        int sleeper = int.Parse((await target.StandardOutput.LineAsync())!);
        using Process follower = _program.Start("-p", target.Id.ToString());
        await Proc.UntilFollowedAsync(target.Id);
        await Proc.UntilFollowedAsync(sleeper);
        await target.StandardInput.WriteLineAsync("one");
        Assert.Equal("one", await target.StandardOutput.LineAsync());
        await Wait.UntilAsync(
            () => File.ReadAllText($"/proc/{target.Id}/task/{target.Id}/children").Trim() == $"{sleeper}", "echo has ended");

        // echo has written, and may not have ended: its parent reaps it only after its tracer has.
        await Proc.UntilOnlyChildAsync(target.Id, sleeper);
        Signalling.Send(follower.Id, "INT");
        Ended ended = await ForkFollowProgram.EndAsync(follower);
        Assert.Equal(0, ended.Status);
        Assert.Equal(0, Proc.TracerPid(target.Id));
        Assert.Equal(0, Proc.TracerPid(sleeper));
        await target.StandardInput.WriteLineAsync("two");
        Assert.Equal("two", await target.StandardOutput.LineAsync());

        RunFile run = _program.ReadTree();
        Assert.Equal(["detached", "detached", "exited"], run.Processes.Select(process => process.GetProperty("end").GetString()));
        Signalling.Send(sleeper, "KILL");
        Ended last = await ForkFollowProgram.EndAsync(target);
        Assert.Equal(6, last.Status);
    }

    [SkippableFact]
    public async Task Killed_at_any_moment_it_leaves_the_target_unharmed()
    {
        // A target that forks and gets signals all the time, and counts both.
        using Process target = ForkFollowProgram.Start(
            "/bin/sh",
            ["-c", "n=0; s=0; trap 's=$((s+1))' USR1; while [ $n -lt 3000 ]; do kill -USR1 $$; (exit 3); [ $? = 3 ] || exit 99; n=$((n+1)); done; echo $n $s"]);
        var random = new Random(3);
        for (int i = 0; i < 12 && !target.HasExited; i++)
        {
            using Process follower = ForkFollowProgram.Start(
                ForkFollowProgram.Path_, ["-q", "--force", "-o", _program.Results, "-p", target.Id.ToString()]);
            await Task.WhenAny(Proc.UntilFollowedAsync(target.Id), target.EndedAsync());
            await Task.Delay(random.Next(20));
            follower.Kill();
            await follower.EndedAsync();
        }

        Ended ended = await ForkFollowProgram.EndAsync(target);
        Assert.Equal(new Ended(0, "3000 3000\n", ""), ended);
    }

    [SkippableFact]
    public async Task Who_is_stopped_by_job_control_stays_stopped_when_we_end_and_goes_on_at_SIGCONT()
    {
        using Process target = ForkFollowProgram.Start("/bin/sh", ["-c", "echo; sleep 60; :"]);
        await target.StandardOutput.LineAsync();
        using Process follower = _program.Start("-q", "-p", target.Id.ToString());
        await Proc.UntilFollowedAsync(target.Id);
        Signalling.Send(target.Id, "STOP");
        await Wait.UntilAsync(() => Proc.State(target.Id) is 't' or 'T', "stopped");
        Signalling.Send(follower.Id, "INT");
        await ForkFollowProgram.EndAsync(follower);
        Assert.Equal(0, Proc.TracerPid(target.Id));
        Assert.Equal('T', Proc.State(target.Id));
        Signalling.Send(target.Id, "CONT");
        await Wait.UntilAsync(() => Proc.State(target.Id) == 'S', "running");
        target.Kill(entireProcessTree: true);
    }

    [SkippableFact]
    public async Task A_pre_forking_server_under_load_is_followed_whole_and_serves_on()
    {
        Machine.Need(KernelWitness.Missing, Machine.Tool("nginx"));
        await using var server = await Nginx.StartAsync(_program.Folder);
        using var witness = new KernelWitness();
        using Process follower = _program.Start("-p", server.Pid.ToString());
        await Wait.UntilAsync(() => server.Workers.Append(server.Pid).All(pid => Proc.TracerPid(pid) > 0), "all are followed");
        int[] before = [.. server.Workers.Append(server.Pid)];

        Task<int> load = server.LoadAsync(2000);
        await server.ReloadAsync(); // new workers are forked, the old ones end
        Assert.Equal(2000, await load);

        Signalling.Send(follower.Id, "INT");
        Ended ended = await ForkFollowProgram.EndAsync(follower);
        Assert.Equal(0, ended.Status);
        (int births, int execs) = witness.Count(before);
        RunFile run = _program.ReadTree();
        Assert.Equal(before.Length + births, run.Processes.Count);
        Assert.Equal(execs, run.Execs);
        Assert.Equal(before.Length, run.Processes.Count(process => process.TryGetProperty("found", out _)));
        Assert.True(births >= 2, $"the reload forked {births} workers");
        Assert.Empty(run.Ledger);
        Assert.All(server.Workers.Append(server.Pid), pid => Assert.Equal(0, Proc.TracerPid(pid)));
        Assert.Equal(100, await server.LoadAsync(100));
    }
}
