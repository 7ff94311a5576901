using System.Diagnostics;
using ForkFollow.Follower;

namespace ForkFollow.Service.Tests;

/// <summary>Which processes a target means, in folders that look like /proc and /sys/fs/cgroup.</summary>
public sealed class TargetFinderTests : IDisposable
{
    private readonly FakeFolders _fake = new();

    public void Dispose() => _fake.Dispose();

    [Theory]
    [InlineData("nginx", null, new[] { 10 })]
    [InlineData("ngin", null, new int[0])]
    [InlineData("php-fpm*", null, new[] { 20 })]
    [InlineData("php-fpm?.?", null, new[] { 20 })]
    [InlineData("/usr/sbin/nginx", null, new[] { 10 })]
    [InlineData("/usr/*", null, new[] { 10, 20 })]
    [InlineData("sbin/nginx", null, new int[0])]
    [InlineData(null, "*gunicorn*", new[] { 30 })]
    [InlineData("python3.11", "*gunicorn*", new[] { 30 })]
    [InlineData("python3.11", "*celery*", new[] { 40 })]
    [InlineData("NGINX", null, new int[0])]
    [InlineData("*", null, new[] { 10, 20, 30, 40 })]
    public void Programs_and_command_lines_are_compared_with_patterns(string? executable, string? arguments, int[] expected)
    {
        _fake.Add(2, "", parent: 0); // a kernel thread: no program, no arguments
        _fake.Add(10, "/usr/sbin/nginx", "nginx: master process");
        _fake.Add(11, "/usr/sbin/nginx", "nginx: worker process", parent: 10);
        _fake.Add(20, "/usr/sbin/php-fpm8.2", "php-fpm: master");
        _fake.Add(30, "/opt/python3.11", "python -m gunicorn app");
        _fake.Add(40, "/opt/python3.11", "python -m celery");
        Assert.Equal(expected, _fake.Find(new() { Executable = executable, Arguments = arguments }));
    }

    [Fact]
    public void Descendants_of_one_found_come_with_it_unless_they_are_not_wanted()
    {
        _fake.Add(10, "/bin/a");
        _fake.Add(11, "/bin/b", parent: 10);
        _fake.Add(12, "/bin/a", parent: 11);
        Assert.Equal([10], _fake.Find(new() { Executable = "a" }));
        Assert.Equal([10, 12], _fake.Find(new() { Executable = "a" }, descendants: false));
    }

    [Fact]
    public void The_dead_and_we_ourselves_are_nobodys_target()
    {
        _fake.Add(10, "/bin/a", state: 'Z');
        _fake.Add(Environment.ProcessId, "/bin/a");
        Assert.Empty(_fake.Find(new() { Executable = "a" }));
    }

    /// <summary>sudo, env and a shell have the pattern on their command line too; and so may have what we start.</summary>
    [Fact]
    public void A_pattern_never_means_our_parents_or_our_children()
    {
        _fake.Add(40, "/bin/a", "a pattern");
        _fake.Add(41, "/bin/b", parent: 40);
        _fake.Add(Environment.ProcessId, "/bin/a", "a pattern", parent: 41, start: 50);
        _fake.Add(60, "/bin/b", parent: Environment.ProcessId);
        _fake.Add(61, "/bin/a", "a pattern", parent: 60);
        _fake.Add(70, "/bin/a", "a pattern", parent: 40);
        _fake.AddGroup("systemd/all", 40, 41, Environment.ProcessId, 60, 61, 70);
        foreach (bool descendants in (bool[])[true, false])
        {
            Assert.Equal([70], _fake.Find(new() { Executable = "a" }, descendants));
            Assert.Equal([70], _fake.Find(new() { Arguments = "*pattern*" }, descendants));
            Assert.Equal([70], _fake.Find(new() { Cgroup = "/all" }, descendants));
        }

        // Who names one by its pid means it.
        Assert.Equal([40], _fake.Find(new() { Pid = 40 }));
    }

    [Fact]
    public void Whom_a_thread_of_ours_traces_is_followed_already()
    {
        _fake.Add(10, "/bin/a", tracer: 77);
        Assert.Equal([10], _fake.Find(new() { Pid = 10 }));
        Directory.CreateDirectory(Path.Combine(_fake.Proc, $"{Environment.ProcessId}", "task", "77"));
        Assert.Empty(_fake.Find(new() { Pid = 10 }));
    }

    [Fact]
    public void A_program_whose_file_was_replaced_keeps_its_name()
    {
        _fake.Add(10, "/usr/sbin/nginx (deleted)");
        Assert.Equal([10], _fake.Find(new() { Executable = "/usr/sbin/nginx" }));
    }

    [Theory]
    [InlineData("10\n", new[] { 10 })]
    [InlineData(" 10", new[] { 10 })]
    [InlineData("10\n/var/lib/postgresql\n5432\n", new[] { 10 })]
    [InlineData("", new int[0])]
    [InlineData("none", new int[0])]
    [InlineData("-10", new int[0])]
    [InlineData("11", new int[0])]
    public void A_pid_file_is_read_at_each_look(string text, int[] expected)
    {
        _fake.Add(10, "/bin/a");
        var target = new FollowTarget { PidFile = _fake.Write("pid", "") };
        Assert.Empty(_fake.Find(target));
        _fake.Write("pid", text);
        Assert.Equal(expected, _fake.Find(target));
    }

    [Fact]
    public void A_missing_pid_file_is_waited_for() =>
        Assert.Empty(_fake.Find(new() { PidFile = Path.Combine(_fake.Proc, "nowhere") }));

    [Theory]
    [InlineData("")]
    [InlineData("unified")]
    [InlineData("systemd")]
    public void Units_and_groups_are_found_in_each_layout(string hierarchy)
    {
        foreach (int pid in (int[])[10, 11, 12, 20])
            _fake.Add(pid, "/bin/a", start: 1);
        if (hierarchy.Length == 0)
            File.WriteAllText(Path.Combine(_fake.Cgroups, "cgroup.controllers"), "cpu");
        string at = hierarchy.Length == 0 ? "" : hierarchy + "/";
        _fake.AddGroup(at + "system.slice/nginx.service", 10);
        _fake.AddGroup(at + "system.slice/nginx.service/below", 11);
        _fake.AddGroup(at + "system.slice/system-pg.slice/pg@main.service", 12);
        _fake.AddGroup(at + "user.slice/user-5.slice/user@5.service/app.slice/mine.service", 20);
        Assert.Equal([10, 11], _fake.Find(new() { Unit = "nginx" }).Order());
        Assert.Equal([12], _fake.Find(new() { Unit = "pg@main.service" }));
        Assert.Equal([20], _fake.Find(new() { Unit = "mine.service" }));
        Assert.Empty(_fake.Find(new() { Unit = "gone.service" }));
        Assert.Equal([10, 11], _fake.Find(new() { Cgroup = "/system.slice/nginx.service" }).Order());
        Assert.Equal([10, 11], _fake.Find(new() { Cgroup = Path.Combine(_fake.Cgroups, at + "system.slice/nginx.service") }).Order());
        Assert.Equal([11], _fake.Find(new() { Cgroup = "system.slice/nginx.service/below", Executable = "a" }));
        Assert.Empty(_fake.Find(new() { Unit = "nginx", Executable = "b" }));
    }

    [Fact]
    public void A_group_of_one_controller_of_v1_is_found()
    {
        _fake.Add(10, "/bin/a");
        _fake.AddGroup("systemd/other");
        _fake.AddGroup("memory/jobs/one", 10);
        Assert.Equal([10], _fake.Find(new() { Cgroup = "/jobs" }));
    }

    [Fact]
    public void A_pid_that_was_reused_is_another_process()
    {
        _fake.Add(10, "/bin/a", start: 5);
        ProcessIdentity first = Assert.Single(_fake.Finder.Find(new() { Pid = 10 }, new(() => []), descendants: true));
        Assert.True(_fake.Finder.IsThere(first));
        _fake.Add(10, "/bin/a", start: 6);
        Assert.False(_fake.Finder.IsThere(first));
    }

    [Fact]
    public void Who_refused_is_told_once_and_asked_again_when_something_has_changed()
    {
        var logger = new ListLogger();
        var refusals = new Refusals(_fake.Finder, logger);
        _fake.Add(10, "/bin/a", start: 5);
        ProcessIdentity process = new(10, 5);
        Assert.False(refusals.IsToWait(process));
        refusals.Add([process], ["10: no"]);
        refusals.Add([process], ["10: no"]);
        Assert.Equal(["10: no"], logger.Lines);
        Assert.True(refusals.IsToWait(process));
        foreach (Action change in (Action[])
            [() => _fake.Add(10, "/bin/b", start: 5), () => _fake.Add(10, "/bin/b", start: 5, uid: 3), () => _fake.Add(10, "/bin/b", start: 5, uid: 3, tracer: 9)])
        {
            change();
            Assert.False(refusals.IsToWait(process));
            refusals.Add([process], ["10: no"]);
            Assert.True(refusals.IsToWait(process));
        }

        refusals.Add([process], ["10: otherwise"]);
        Assert.Equal(["10: no", "10: otherwise"], logger.Lines);
        _fake.Remove(10);
        refusals.ForgetTheDead();
        Assert.False(refusals.IsToWait(process));
    }

    /// <summary>The scan is what the service costs while nothing happens: a bound that a slip would break, not a benchmark.</summary>
    [Fact]
    public void A_look_at_all_processes_of_this_machine_is_cheap()
    {
        var proc = new ProcFolder("/proc");
        var finder = new TargetFinder(proc, new CgroupFolder("/sys/fs/cgroup"));
        int count = proc.List().Count();
        var look = () => finder.Find(new() { Executable = "no-such-program" }, new(() => [.. proc.List()]), descendants: true);
        Assert.Empty(look());
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < 20; i++)
            look();
        Assert.InRange(watch.Elapsed.TotalMicroseconds / 20 / count, 0, 1000);
    }
}
