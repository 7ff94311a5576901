using System.Diagnostics;
using ForkFollow.Follower;

namespace ForkFollow.Collectors.Tests;

/// <summary>Counts of real processes. The witness is the program itself, or the kernel's rusage.</summary>
public sealed class CounterTests
{
    private const int Pages = 3000;

    [SkippableFact]
    public async Task Page_faults_are_those_of_the_process_and_of_nobody_else()
    {
        string pages = Runs.Tracee("pages");
        RunResults results = await Runs.CountAsync(
            "/bin/sh", "-c", $"{pages} {Pages} >/dev/null; {pages} {2 * Pages} >/dev/null; :");
        List<ProcessResult> all = results.ToList();
        Assert.Equal(3, all.Count);
        Assert.InRange(all[0].Counter("page-faults"), 1, 1000);
        Assert.InRange(all[1].Counter("page-faults"), Pages, Pages + 300);
        Assert.InRange(all[2].Counter("page-faults"), 2 * Pages, (2 * Pages) + 300);
    }

    [SkippableFact]
    public async Task The_kernels_own_account_agrees()
    {
        Machine.Need(Machine.KernelEvents);

        // Of a child: what the launched process used before its exec is in the kernel's account, and not in ours.
        RunResults results = await Runs.CountAsync("sh", "-c", $"{Runs.Tracee("pages")} {Pages} >/dev/null; :");
        ProcessResult one = results.ToList()[1];
        ResourceUsage usage = one.Usage!;
        Assert.InRange(one.Counter("page-faults") - usage.MinorFaults - usage.MajorFaults, -10, 10);

        // Our stops are switches to perf. Perf events end before the memory is freed (since 6.16), and who frees it can be preempted many times.
        long voluntary = usage.VoluntarySwitches!.Value + usage.Stops;
        Assert.InRange(one.Counter("context-switches"), voluntary - 10, voluntary + usage.InvoluntarySwitches!.Value);
    }

    [SkippableFact]
    public async Task Perf_stat_counts_the_same_in_the_same_run()
    {
        Machine.Need(Machine.Tool("perf"), Machine.KernelEvents);
        string file = Path.GetTempFileName();
        string[] names = ["task-clock", "page-faults", "context-switches", "cpu-migrations"];
        RunResults results = await Runs.CountAsync(
            "perf", "stat", "-x,", "-o", file, "-e", string.Join(',', names), Runs.Tracee("hotspots"), "400", "again");
        Dictionary<string, double> witness = (await File.ReadAllLinesAsync(file)).Select(line => line.Split(','))
            .Where(words => words.Length > 2).ToDictionary(words => words[2].Split(':')[0], words => double.Parse(words[0]));
        File.Delete(file);

        // perf counts from the exec, we from the fork before it.
        ProcessResult one = Assert.Single(results.ToList(), result => result.Process.Execs.Any(exec => exec.Path.EndsWith("hotspots", StringComparison.Ordinal)));
        Assert.InRange(one.Counter("task-clock") / 1e6, witness["task-clock"] * 0.98, (witness["task-clock"] * 1.02) + 5);
        Assert.InRange(one.Counter("page-faults"), witness["page-faults"], witness["page-faults"] + 200);
        Assert.InRange(one.Counter("context-switches"), witness["context-switches"], witness["context-switches"] + 20);
        Assert.InRange(one.Counter("cpu-migrations"), witness["cpu-migrations"], witness["cpu-migrations"] + 5);
    }

    [SkippableFact]
    public async Task All_threads_count_for_their_process()
    {
        RunResults results = await Runs.CountAsync(Runs.Tracee("pages"), Pages.ToString(), "4");
        ProcessResult one = Assert.Single(results.ToList());
        Assert.Equal(5, one.Process.ThreadsSeen);
        Assert.InRange(one.Counter("page-faults"), 4 * Pages, (4 * Pages) + 300);
    }

    [SkippableFact]
    public async Task An_exec_goes_on_counting()
    {
        string pages = Runs.Tracee("pages");
        RunResults results = await Runs.CountAsync(pages, Pages.ToString(), "exec", pages, Pages.ToString());
        ProcessResult one = Assert.Single(results.ToList());
        Assert.Equal(2, one.Process.Execs.Count);
        Assert.InRange(one.Counter("page-faults"), 2 * Pages, (2 * Pages) + 500);
    }

    [SkippableFact]
    public async Task A_set_uid_program_ends_the_events_and_they_are_opened_anew()
    {
        Machine.Need(Machine.Root("to make a set-uid program"));
        string pages = Runs.Tracee("pages");
        string setUid = Path.Combine(Path.GetTempPath(), $"pages-{Guid.NewGuid():N}");
        File.Copy(pages, setUid);
        try
        {
            await Started.OutputAsync("chown", "65534", setUid);
            await Started.OutputAsync("chmod", "4755", setUid);
            RunResults results = await Runs.CountAsync(pages, Pages.ToString(), "exec", setUid, (2 * Pages).ToString());
            Assert.InRange(Assert.Single(results.ToList()).Counter("page-faults"), 3 * Pages, (3 * Pages) + 500);
        }
        finally
        {
            File.Delete(setUid);
        }
    }

    [SkippableFact]
    public async Task An_attached_process_counts_from_then_on_with_all_its_threads()
    {
        using CounterSettings? settings = CounterSettings.Probe(out string? refusal);
        Assert.True(settings is not null, refusal);

        // A shell that waits for a line, then burns CPU itself; a grandchild, since our own children cannot be attached to.
        const string Burn = "echo $$; read go; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        using Started outer = Started.Begin(new ProcessStartInfo("/bin/sh", ["-c", $"/bin/sh -c '{Burn}'; :"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        });
        int pid = int.Parse((await outer.StandardOutput.LineAsync())!);
        var results = new RunResults(null);
        using (var host = new CollectorHost(
            results, [new RusageCollector(), new CounterCollector(settings, entry => Assert.Fail(entry.Text))]))
        {
            await using FollowSession session = await FollowSession.AttachAsync(new() { Targets = [pid] }, host);
            await outer.StandardInput.WriteLineAsync("go");
            await session.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        }

        ProcessResult one = Assert.Single(results.ToList());
        Assert.InRange(one.Counter("task-clock") / (double)(one.Usage!.UserNs + one.Usage.SystemNs), 0.8, 1.2);
    }
}
