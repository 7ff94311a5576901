namespace ForkFollow.Host.Tests;

/// <summary>Machines that have not mounted tracefs: its tracepoints are read all the same by who may mount.</summary>
public sealed class TracefsTests : IDisposable
{
    private const string User = "setpriv --reuid=65534 --regid=65534 --clear-groups";

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task System_calls_are_counted_without_a_mount_and_none_is_left_or_seen()
    {
        Machine.Need(Machine.Tracepoints);
        Ended ended = await UnmountedAsync(
            $"cat /proc/self/mounts >before; {ForkFollowProgram.Path_} -q -o out --collect syscalls -- cat /proc/self/mounts >after");

        Assert.Equal(new Ended(0, "", ""), ended);
        string before = await File.ReadAllTextAsync(Path.Combine(_program.Folder, "before"));
        Assert.DoesNotContain(" tracefs ", before, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(_program.Folder, "after")));
        Assert.True(_program.ReadTree().Processes[0].GetProperty("syscalls").GetArrayLength() > 3);
    }

    [SkippableFact]
    public async Task A_tracepoint_that_the_kernel_lacks_is_refused_by_its_name()
    {
        Machine.Need(Machine.Tracepoints);
        Ended ended = await UnmountedAsync($"exec {ForkFollowProgram.Path_} -o out -e sched:no_such_thing -- true");

        Assert.Equal(2, ended.Status);
        Assert.Contains("no tracepoint sched:no_such_thing; /sys/kernel/tracing/events (once", ended.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_doctor_tells_who_may_mount_from_who_may_not()
    {
        Machine.Need(Machine.Tracepoints, Machine.Tool("setpriv"));
        Ended root = await UnmountedAsync($"{ForkFollowProgram.Path_} doctor");
        Ended user = await UnmountedAsync($"exec {User} {ForkFollowProgram.Path_} doctor");

        Assert.Matches("(?m)^ok +tracefs +not mounted, and mounted for ourselves alone", root.Errors);
        Assert.Matches("(?m)^yes +system calls ", root.Errors);
        Assert.Matches("(?m)^missing +tracefs +cannot read tracepoints: .* needs CAP_SYS_ADMIN; run as root", user.Errors);
        Assert.Matches("(?m)^no +system calls ", user.Errors);
    }

    /// <summary>Runs a script where neither tracefs nor debugfs is mounted.</summary>
    private async Task<Ended> UnmountedAsync(string script)
    {
        Machine.Need(Machine.MountNamespace, Machine.Tool("umount"), Machine.Tool("mountpoint"));
        const string Unmount = "for place in /sys/kernel/tracing /sys/kernel/debug; do "
            + "while mountpoint -q $place; do umount -R $place || exit 99; done; done; ";
        return await ForkFollowProgram.RunAnyAsync("unshare", ["-m", "sh", "-c", Unmount + script], _program.Folder);
    }
}
