using System.Diagnostics;
using ForkFollow.Results.Formats;
using ForkFollow.Tests.Otlp;

namespace ForkFollow.Host.Tests;

/// <summary>forkfollow service, as a service manager runs it.</summary>
public sealed class ServiceTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    private string Target { get; } = "ff_" + Guid.NewGuid().ToString("N")[..10];

    [SkippableFact]
    public async Task A_target_is_waited_for_and_followed_in_each_of_its_lives()
    {
        string program = MakeTarget();
        await using ServiceProgram service = await ServiceProgram.StartAsync(_program, Settings($$"""{ "Executable": "{{Target}}" }"""));
        Assert.Empty(service.Runs);
        var pids = new List<int>();
        for (int life = 0; life < 3; life++)
        {
            using Process target = ForkFollowProgram.Start(program, ["60"]);
            await Proc.UntilFollowedAsync(target.Id);
            pids.Add(target.Id);
            target.Kill();
            await target.EndedAsync();
        }

        Ended ended = await service.StopAsync();
        Assert.Equal((0, ""), (ended.Status, ended.Output));
        Assert.Equal(pids, service.Runs.Select(run => Assert.Single(Read(run).Processes).GetProperty("pid").GetInt32()));
        Assert.All(service.Runs, run => Assert.Matches($@"/{Target}-\d+-\d{{8}}T\d{{9}}Z$", run));
        Assert.All(service.Runs, run => Assert.Equal(HtmlReport.Refusal is null, File.Exists(Path.Combine(run, "report.html"))));
        string[] lines = [.. ended.Errors.TrimEnd('\n').Split('\n').Where(line => !line.Contains("report.html cannot", StringComparison.Ordinal))];
        Assert.Equal(7, lines.Length); // watching, and a line for each begin and end
    }

    [SkippableFact]
    public async Task SIGTERM_lets_go_of_all_writes_the_results_and_exits_with_0()
    {
        using Process target = ForkFollowProgram.Start("/bin/sh", ["-c", "sleep 60 & echo $!; read line; exit 6"]);
        int sleeper = int.Parse((await target.StandardOutput.LineAsync())!);
        await using ServiceProgram service = await ServiceProgram.StartAsync(_program, Settings($$"""{ "Pid": {{target.Id}}, "Name": "one/two" }"""));
        await Proc.UntilFollowedAsync(target.Id);
        await Proc.UntilFollowedAsync(sleeper);
        Ended ended = await service.StopAsync();
        Assert.Equal(0, ended.Status);
        Assert.Equal((0, 0), (Proc.TracerPid(target.Id), Proc.TracerPid(sleeper)));
        string run = Assert.Single(service.Runs);
        Assert.StartsWith($"one_two-{target.Id}-", Path.GetFileName(run), StringComparison.Ordinal);
        Assert.Equal(["detached", "detached"], Read(run).Processes.Select(process => process.GetProperty("end").GetString()));
        Assert.True(File.Exists(Path.Combine(run, "profile.pb.gz")));
        Signalling.Send(sleeper, "TERM");
        Assert.Equal(6, (await ForkFollowProgram.EndAsync(target)).Status);
    }

    [SkippableFact]
    public async Task A_pre_forking_server_that_a_script_restarts_is_followed_in_each_life()
    {
        Machine.Need(Machine.Tool("nginx"));
        string pidFile = Path.Combine(_program.Folder, "nginx.pid");
        await using Receiver receiver = await Receiver.StartAsync();
        await using ServiceProgram service = await ServiceProgram.StartAsync(
            _program, Settings($$"""{ "PidFile": "{{pidFile}}" }""", endpoint: $"http://127.0.0.1:{receiver.HttpPort}"));
        await using RestartedNginx server = await RestartedNginx.StartAsync(_program.Folder);
        var lives = new List<int[]>();
        for (int life = 0; life < 3; life++)
        {
            int master = await server.UntilUpAsync(lives.LastOrDefault()?[0] ?? 0);
            int[] all = [master, .. server.Workers(master)];
            await Wait.UntilAsync(() => all.All(pid => Proc.TracerPid(pid) > 0), $"life {life} is followed");
            Assert.Equal(200, await server.LoadAsync(200));
            lives.Add(all);
            if (life < 2)
                Signalling.Send(master, "TERM");
        }

        Ended ended = await service.StopAsync();
        Assert.Equal(0, ended.Status);
        Assert.Equal(100, await server.LoadAsync(100));
        Assert.All(lives[^1], pid => Assert.Equal(0, Proc.TracerPid(pid)));
        RunFile[] runs = [.. service.Runs.Select(Read)];
        Assert.Equal(3, runs.Length);
        Assert.Equal(lives, runs.Select(run => run.Processes.Select(process => process.GetProperty("pid").GetInt32()).ToArray()));
        Assert.Equal(
            ["exited", "exited", "detached"],
            runs.Select(run => Assert.Single(run.Processes.Select(process => process.GetProperty("end").GetString()).Distinct())));
        AssertSpans(lives, (await receiver.EndAsync()).Spans);
    }

    [SkippableFact]
    public async Task SIGHUP_completes_the_results_and_begins_new_ones()
    {
        using Process target = ForkFollowProgram.Start("/bin/cat", []);
        await using ServiceProgram service = await ServiceProgram.StartAsync(_program, Settings($$"""{ "Pid": {{target.Id}} }"""));
        await Proc.UntilFollowedAsync(target.Id);
        service.Signal("HUP");
        await Wait.UntilAsync(() => service.Runs.Length == 2 && Proc.TracerPid(target.Id) > 0, "a second run");
        Assert.Equal(0, (await service.StopAsync()).Status);
        Assert.All(service.Runs, run => Assert.Equal("detached", Assert.Single(Read(run).Processes).GetProperty("end").GetString()));
        Assert.Equal(0, (await ForkFollowProgram.EndAsync(target)).Status);
    }

    [SkippableFact]
    public async Task A_duration_cuts_the_results_of_a_long_life_in_pieces()
    {
        using Process target = ForkFollowProgram.Start("/bin/cat", []);
        await using ServiceProgram service = await ServiceProgram.StartAsync(
            _program, Settings($$"""{ "Pid": {{target.Id}} }""", ", \"Duration\": 0.2, \"Collect\": \"none\", \"Formats\": \"none\""));
        await Wait.UntilAsync(() => service.Runs.Length >= 3, "three runs");
        Assert.Equal(0, (await service.StopAsync()).Status);
        Assert.Equal(0, (await ForkFollowProgram.EndAsync(target)).Status);
    }

    [SkippableFact]
    public async Task Who_refuses_is_told_once_and_taken_when_he_is_free()
    {
        using Process target = ForkFollowProgram.Start("/bin/cat", []);
        using Process other = ForkFollowProgram.Start(
            ForkFollowProgram.Path_, ["-q", "-o", Path.Combine(_program.Folder, "other"), "-p", $"{target.Id}"]);
        await Proc.UntilFollowedAsync(target.Id);
        await using ServiceProgram service = await ServiceProgram.StartAsync(
            _program, Settings($$"""{ "Pid": {{target.Id}} }, { "Executable": "{{Target}}" }"""));
        using (Process proof = ForkFollowProgram.Start(MakeTarget(), ["60"]))
        {
            // Several looks later: this one is taken, that one still refuses.
            await Proc.UntilFollowedAsync(proof.Id);
            proof.Kill();
        }

        Signalling.Send(other.Id, "TERM");
        await ForkFollowProgram.EndAsync(other);
        await Proc.UntilFollowedAsync(target.Id);
        Ended ended = await service.StopAsync();
        Assert.Single(ended.Errors.Split('\n'), line => line.Contains($"{target.Id}: already traced by forkfollow (process {other.Id})", StringComparison.Ordinal));
        Assert.Equal(2, service.Runs.Length);
        Assert.Equal(0, (await ForkFollowProgram.EndAsync(target)).Status);
    }

    [SkippableFact]
    public async Task Beyond_the_limit_of_runs_targets_wait_until_one_has_ended()
    {
        string program = MakeTarget();
        await using ServiceProgram service = await ServiceProgram.StartAsync(
            _program, Settings($$"""{ "Executable": "{{Target}}" }""", ", \"MaxRuns\": 1"));
        using Process first = ForkFollowProgram.Start(program, ["60"]);
        await Proc.UntilFollowedAsync(first.Id);
        using Process second = ForkFollowProgram.Start(program, ["60"]);
        await service.UntilSaidAsync("as many as ForkFollow:MaxRuns allows");
        Assert.Equal(0, Proc.TracerPid(second.Id));
        first.Kill();
        await Proc.UntilFollowedAsync(second.Id);
        second.Kill();
        Ended ended = await service.StopAsync();
        Assert.Equal(0, ended.Status);
        Assert.DoesNotContain("MaxRuns", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(2, service.Runs.Length);
    }

    [SkippableFact]
    public async Task It_gives_signs_of_life_while_its_tracer_threads_answer()
    {
        using Process target = ForkFollowProgram.Start("/bin/cat", []);
        await using ServiceProgram service = await ServiceProgram.StartAsync(
            _program, Settings($$"""{ "Pid": {{target.Id}} }"""), watchdog: 200_000);
        await Proc.UntilFollowedAsync(target.Id);
        for (int i = 0; i < 5; i++)
            await service.Notifications.UntilAsync("WATCHDOG=1");
        Assert.Equal(0, (await service.StopAsync()).Status);
        Assert.Equal(0, (await ForkFollowProgram.EndAsync(target)).Status);
    }

    [SkippableFact]
    public async Task A_control_group_is_followed_whoever_enters_it()
    {
        string? root = Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
        Machine.Need(Machine.Root("to make a control group"), File.Exists(Path.Combine(root, "cgroup.procs")) ? null : "no cgroup2 file system is mounted");
        string group = Path.Combine(root, Target + ".slice");
        Directory.CreateDirectory(group);
        try
        {
            await using ServiceProgram service = await ServiceProgram.StartAsync(_program, Settings($$"""{ "Unit": "{{Target}}.slice" }"""));
            using Process target = ForkFollowProgram.Start("/bin/sh", ["-c", $"echo $$ >{group}/cgroup.procs && exec cat"]);
            await Proc.UntilFollowedAsync(target.Id);
            Assert.Equal(0, (await service.StopAsync()).Status);
            Assert.Equal(0, (await ForkFollowProgram.EndAsync(target)).Status);
        }
        finally
        {
            await Wait.UntilAsync(() => File.ReadAllText(Path.Combine(group, "cgroup.procs")).Length == 0, "the group is empty");
            Directory.Delete(group);
        }
    }

    private static RunFile Read(string run) => RunFile.Read(Path.Combine(run, "tree.json"));

    private static string Settings(string targets, string more = "", string endpoint = "") => $$"""
        { "ForkFollow": { "Targets": [ {{targets}} ]{{more}} }, // as an administrator writes it
          "OpenTelemetry": { "Exporter": { "Otlp": { "Endpoint": "{{endpoint}}", "Protocol": "http/protobuf" } } } }
        """;

    /// <summary>A trace for each life: the master, and below it its workers.</summary>
    private static void AssertSpans(List<int[]> lives, IReadOnlyList<ReceivedSpan> spans)
    {
        List<ReceivedSpan>[] traces = [.. spans.GroupBy(span => span.Trace).Select(trace => trace.OrderBy(span => span.ProcessId).ToList())];
        Assert.Equal(
            lives.Select(life => string.Join(' ', life)).Order(),
            traces.Select(trace => string.Join(' ', trace.Select(span => span["process.pid"]))).Order());
        Assert.All(traces, trace => Assert.Equal(["", trace[0].Id, trace[0].Id], trace.Select(span => span.Parent)));
        Assert.Equal(spans.Count, spans.DistinctBy(span => span.Id).Count());
    }

    /// <summary>A copy of sleep of a name that nobody else has.</summary>
    private string MakeTarget()
    {
        string program = Path.Combine(_program.Folder, Target);
        File.Copy(File.ResolveLinkTarget("/bin/sleep", returnFinalTarget: true)?.FullName ?? "/bin/sleep", program);
        return program;
    }
}
