using System.Diagnostics;
using System.Globalization;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Follower;

namespace ForkFollow.Collectors.Tests;

/// <summary>Counts of events that -e names, on real processes. The witness is perf stat on the same program.</summary>
public sealed class NamedCounterTests
{
    private const int Pages = 3000;

    [SkippableFact]
    public async Task Counts_are_those_that_perf_stat_has()
    {
        Dictionary<string, double> perf = await PerfStatAsync("page-faults,minor-faults,major-faults,cpu-migrations");
        ProcessResult ours = await CountAsync("page-faults,minor-faults,major-faults,cpu-migrations");
        Assert.InRange(ours.Counter("page-faults") - perf["page-faults"], -30, 30);
        Assert.InRange(ours.Counter("minor-faults") - perf["minor-faults"], -30, 30);
        Assert.InRange(ours.Counter("major-faults"), 0, 5);
        Assert.InRange(ours.Counter("minor-faults"), Pages, Pages + 300);
        Assert.Equal(
            ours.Counter("page-faults"), ours.Counter("minor-faults") + ours.Counter("major-faults"));
    }

    [SkippableFact]
    public async Task Both_clocks_of_a_process_agree()
    {
        ProcessResult one = await CountAsync("task-clock,cs,cpu-clock");
        Assert.InRange(one.Counter("cpu-clock") / (double)one.Counter("task-clock"), 0.98, 1.02);
    }

    [SkippableFact]
    public async Task What_is_named_is_counted_in_place_of_the_default_events()
    {
        ProcessResult one = await CountAsync("faults");
        Assert.Equal(["page-faults"], one.Counters!.Events);
    }

    [SkippableFact]
    public async Task The_events_of_a_group_begin_and_end_together()
    {
        ProcessResult one = await CountAsync("{page-faults,minor-faults,task-clock},faults:u,{faults:k,dummy}");
        Assert.Equal(
            ["page-faults:u", "page-faults", "minor-faults", "task-clock", "page-faults:k", "dummy"], one.Counters!.Events);
        Assert.Equal(0, one.Counter("dummy"));
        Assert.InRange(one.Counter("page-faults") - one.Counter("minor-faults"), 0, 3);
    }

    [SkippableFact]
    public async Task Modifiers_part_user_and_kernel_mode()
    {
        ProcessResult one = await CountAsync("faults,faults:u,faults:k,faults:uk");
        Assert.InRange(one.Counter("page-faults:u"), Pages, Pages + 300);
        Assert.InRange(one.Counter("page-faults:k"), 0, 100);
        Assert.Equal(one.Counter("page-faults"), one.Counter("page-faults:u") + one.Counter("page-faults:k"));
        Assert.Equal(one.Counter("page-faults"), one.Counter("page-faults:uk"));
    }

    [SkippableFact]
    public async Task A_group_of_the_most_events_is_counted()
    {
        string[] names = ["faults", "cs", "task-clock", "cpu-clock", "migrations", "minor-faults", "major-faults", "dummy"];
        string list = string.Join(',', names.SelectMany(name => (string[])[name + ":u", name + ":k"]));
        ProcessResult one = await CountAsync($"{{{list}}}");
        Assert.Equal(PerfGroup.MaxEvents, one.Counters!.Events.Count);
        Assert.InRange(one.Counter("minor-faults:u"), Pages, Pages + 300);
    }

    [SkippableFact]
    public void What_the_machine_cannot_count_is_refused_by_its_name()
    {
        Machine.Need(Machine.KernelEvents);
        using (CounterSettings? works = CounterSettings.Open(Parse("cycles"), out _))
            Machine.Need(works is null ? null : "this machine has a PMU");
        Assert.Null(CounterSettings.Open(Parse("faults,{cs,cycles}"), out string? refusal));
        Assert.StartsWith("cycles: this machine has no such counter", refusal, StringComparison.Ordinal);
        Assert.Null(CounterSettings.Open(Parse("r1a8:u"), out refusal));
        Assert.StartsWith("r1a8:u: this machine has no such counter", refusal, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_event_that_is_named_twice_is_refused()
    {
        Assert.Null(CounterSettings.Open(Parse("cs,{faults,context-switches}"), out string? refusal));
        Assert.Equal("context-switches is named twice; name each event once", refusal);
    }

    [SkippableFact]
    public async Task Threads_of_an_attached_process_count_from_then_on_exactly_once()
    {
        // Three threads touch their pages once the line comes: all of them were there when it was attached.
        string[] arguments = [Runs.Tracee("touchers"), "3", $"{Pages}"];
        var start = new ProcessStartInfo(Runs.Tracee("keeper"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Started keeper = Started.Begin(start);
        int pid = int.Parse((await keeper.StandardError.LineAsync())![4..], CultureInfo.InvariantCulture);
        Assert.Equal("ready", await keeper.StandardOutput.LineAsync());
        using CounterSettings? settings = CounterSettings.Open(Parse("faults"), out string? refusal);
        Assert.True(settings is not null, refusal);
        var results = new RunResults(null);
        using (var host = new CollectorHost(results, [new CounterCollector(settings, entry => Assert.Fail(entry.Text))]))
        {
            await using FollowSession session = await FollowSession.AttachAsync(new() { Targets = [pid] }, host);
            await keeper.StandardInput.WriteLineAsync("go");
            await session.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        }

        List<ProcessResult> all = results.ToList();
        Assert.Equal(2, all.Count);
        Assert.Equal(4, all[0].Process.ThreadsSeen);
        Assert.InRange(all[0].Counter("page-faults"), 3 * Pages, (3 * Pages) + 100);
        Assert.InRange(all[1].Counter("page-faults"), Pages, Pages + 100);
    }

    private static IReadOnlyList<EventChoice> Parse(string events)
    {
        IReadOnlyList<EventChoice>? choices = EventChoice.Parse(events, out string? refusal);
        Assert.True(choices is not null, refusal);
        return choices;
    }

    /// <summary>Counts events of a program that touches <see cref="Pages"/> pages.</summary>
    private static async Task<ProcessResult> CountAsync(string events)
    {
        Machine.Need(Machine.KernelEvents);
        using CounterSettings? settings = CounterSettings.Open(Parse(events), out string? refusal);
        Assert.True(settings is not null, refusal);
        (RunResults results, FollowerFigures figures) = await Runs.FollowAsync(
            [new RusageCollector(), new CounterCollector(settings, entry => Assert.Fail(entry.Text))],
            Runs.Tracee("pages"), $"{Pages}");
        Assert.Empty(figures.Ledger);
        return Assert.Single(results.ToList());
    }

    private static async Task<Dictionary<string, double>> PerfStatAsync(string events)
    {
        Machine.Need(Machine.Tool("perf"), Machine.KernelEvents);
        Finished perf = await Started.RunAsync("perf", "stat", "-x,", "-e", events, Runs.Tracee("pages"), $"{Pages}");
        return perf.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(','))
            .ToDictionary(cells => cells[2], cells => double.Parse(cells[0], CultureInfo.InvariantCulture));
    }
}
