using ForkFollow.Collectors.DotNet;
using ForkFollow.Collectors.Perf;
using ForkFollow.Follower;
using ForkFollow.Native;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>What a fault of a collector, or of a thread of ours, costs: what it serves, and no more.</summary>
public sealed class FaultTests
{
    private const int Fair = 1234;

    [Theory]
    [InlineData(Place.Wish, "opening")]
    [InlineData(Place.Opening, "opening")]
    [InlineData(Place.Exec, "Execed")]
    [InlineData(Place.Exit, "Exiting")]
    [InlineData(Place.Closing, "closing")]
    public async Task A_collector_that_throws_costs_that_collector_of_that_process(Place place, string told)
    {
        (RunResults results, FollowerFigures figures) = await Runs.FollowAsync(
            [new Thrower(place), new Fine()], "/bin/sh", "-c", "/bin/echo a >/dev/null; /bin/echo b >/dev/null");
        List<ProcessResult> all = results.ToList();
        Assert.Equal(3, all.Count);
        Assert.All(all, result => Assert.True(result.IsClosed));
        Assert.All(all, result => Assert.Contains(new ResultValue("fine.value", Fair), result.Values!));

        // The first child it is: the others have what it collects.
        int victim = all[1].Pid;
        LedgerEntry entry = Assert.Single(figures.Ledger);
        Assert.Equal(victim, entry.Pid);
        Assert.StartsWith($"the collector thrower failed at {told} for ", entry.Text, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: as it was told", entry.Text, StringComparison.Ordinal);
        Assert.All(
            [all[0], all[2]], result => Assert.Contains(result.Values!, value => value.Name == "thrower.value"));
    }

    [Fact]
    public async Task What_a_process_forks_has_the_collector_that_failed_at_its_parent()
    {
        (RunResults results, _) = await Runs.FollowAsync(
            [new Thrower(Place.Opening, root: true)], "/bin/sh", "-c", "/bin/echo a >/dev/null; :");
        Assert.Equal(["", "thrower"], results.ToList().Select(result => string.Join(',', result.CollectorNames)));
    }

    /// <summary>The watchdog of a service sees it, and the end of the run does not wait for it.</summary>
    [Fact]
    public async Task A_collector_whose_closing_hangs_costs_those_behind_it_and_is_seen()
    {
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var figures = new FollowerFigures();
        var results = new RunResults(null, figures);
        results.Threads.Patience = TimeSpan.FromMilliseconds(300);
        using (var host = new CollectorHost(results, [new Hanger(gate, entered)]))
        {
            await using FollowSession session = await FollowSession.LaunchAsync(
                new() { Command = ["/bin/sh", "-c", "/bin/true; /bin/true"] }, host, figures: figures);
            await Wait.For(session.Completion, "the end of the command");
            Assert.True(entered.Wait(Wait.Limit), "a collector is being closed");
            await Wait.UntilAsync(
                () => results.FindThreadTrouble(TimeSpan.FromMilliseconds(100)) == "the thread closer does not come back from its work",
                "the watchdog sees it");
        }

        Assert.StartsWith("the thread closer does not come back from its work; ", Assert.Single(figures.Ledger).Text, StringComparison.Ordinal);
        Assert.All(results.ToList(), result => Assert.True(result.IsClosed));
        gate.Set();
        await Wait.UntilAsync(() => results.FindThreadTrouble(TimeSpan.Zero) is null, "the thread has ended");
    }

    [Fact]
    public void A_thread_that_fails_is_in_the_ledger_and_seen_and_nobody_waits_for_it()
    {
        var results = new RunResults(null);
        bool off = false;
        var thread = new OwnThread(
            results, "worker", "work is missing", _ => throw new InvalidOperationException("as it\nwas told"), () => off = true);
        thread.Start();
        Assert.True(thread.Join());
        Assert.True(off);
        Assert.True(thread.HasFailed);
        Assert.Equal("the thread worker has failed", results.FindThreadTrouble(Wait.Limit));
        Assert.Equal(
            "the thread worker failed: InvalidOperationException: as it was told; work is missing", Assert.Single(results.Figures.Ledger).Text);
    }

    [Fact]
    public void A_thread_that_serves_one_process_is_no_trouble_of_the_service()
    {
        var results = new RunResults(null);
        var thread = new OwnThread(results, "worker", "work is missing", _ => throw new InvalidOperationException("no"), pid: 12);
        thread.Start();
        Assert.True(thread.Join());
        Assert.Null(results.FindThreadTrouble(TimeSpan.Zero));
        Assert.Equal(12, Assert.Single(results.Figures.Ledger).Pid);
    }

    [Fact]
    public void A_thread_that_waits_is_no_trouble_and_one_that_was_never_started_is_not_waited_for()
    {
        var results = new RunResults(null);
        using var end = new ManualResetEventSlim();
        var thread = new OwnThread(results, "worker", "", self =>
        {
            self.Works();
            self.Waits();
            end.Wait(Wait.Limit);
        });
        Assert.True(thread.Join());
        thread.Start();
        Assert.False(thread.Join(TimeSpan.FromMilliseconds(50)));
        Assert.Null(results.FindThreadTrouble(TimeSpan.Zero));
        end.Set();
        Assert.True(thread.Join());
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_ring_reader_that_fails_or_hangs_ends_with_the_run(bool hangs)
    {
        Machine.Need(Machine.UserEvents);
        var results = new RunResults(null);
        results.Threads.Patience = TimeSpan.FromMilliseconds(300);
        using var gate = new ManualResetEventSlim();
        PerfRing[] rings = [.. OnlineCpus.List().Select(cpu => PerfRing.Open(cpu, wholeMachine: false, 1, out _, out _)!)];
        using var stream = new PerfStream(rings, userOnly: true, new BadSink(hangs ? gate : null), results);
        Assert.Equal(0, stream.Start([]));
        stream.Wake();
        string trouble = hangs ? "the thread ring reader does not come back from its work" : "the thread ring reader has failed";
        await Wait.UntilAsync(() => results.FindThreadTrouble(TimeSpan.FromMilliseconds(100)) == trouble, "it is seen");
        Assert.Equal(!hangs, stream.HasFailed);
        Assert.Equal(!hangs, stream.End());
        Assert.Contains("samples, waits and system calls are missing", Assert.Single(results.Figures.Ledger).Text, StringComparison.Ordinal);
        gate.Set();
    }

    /// <summary>The kernel then gives no sum of the group (ECHILD), whoever reads it.</summary>
    [SkippableFact]
    public void A_thread_that_is_born_between_two_openings_costs_the_counts_of_its_process()
    {
        Machine.Need(Machine.UserEvents);
        using CounterSettings settings = CounterSettings.Probe(out string? refusal)!;
        Assert.Null(refusal);
        using Started spawner = Started.Begin(new System.Diagnostics.ProcessStartInfo(Runs.Tracee("births"), ["threads", "10000000", "4"]));
        var group = new PerfGroup();
        var values = new long[PerfGroup.MaxEvents];
        int errno = 0;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (errno == 0 && watch.Elapsed < Wait.Limit)
        {
            Assert.Equal(0, group.Open(settings.Groups[0], settings.UserOnly, spawner.Id));
            errno = group.AddTo(values);
            group.Close();
        }

        Assert.Equal(Linux.ECHILD, errno);
    }

    [Fact]
    public async Task Without_a_descriptor_to_be_woken_by_the_coordinator_still_looks()
    {
        using var events = new FolderEvents(-1, -1);
        await Wait.For(Task.Run(() => events.Wait(-1, _ => { })), "the end of a wait that nobody can end");
    }

    /// <summary>Where it throws.</summary>
    public enum Place
    {
        Wish,
        Opening,
        Exec,
        Exit,
        Closing,
    }

    /// <summary>Throws at one step of the first child, or of the root.</summary>
    private sealed class Thrower(Place place, bool root = false, Collector? parent = null) : Collector(parent)
    {
        public override string Name => "thrower";

        protected override bool Wants(FollowedProcess process) => Pass(Place.Wish, process);

        protected override Collector MakeAlike() => new Thrower(place, root, this);

        protected override bool OnOpen(FollowedProcess process) => Pass(Place.Opening, process);

        protected override void OnExeced(FollowedProcess process, in ExecView image) => Pass(Place.Exec, process);

        protected override void OnExiting(FollowedProcess process) => Pass(Place.Exit, process);

        protected override void OnClose(ProcessResult result)
        {
            Pass(Place.Closing, result.Process);
            result.SetValue("thrower.value", 1);
        }

        private bool Pass(Place at, FollowedProcess process) => at != place || process.Id != (root ? 1 : 2)
            ? true
            : throw new InvalidOperationException("as it\nwas told");
    }

    private sealed class Fine(Collector? parent = null) : Collector(parent)
    {
        public override string Name => "fine";

        protected override Collector MakeAlike() => new Fine(this);

        protected override bool OnOpen(FollowedProcess process) => true;

        protected override void OnClose(ProcessResult result) => result.SetValue("fine.value", Fair);
    }

    private sealed class Hanger(ManualResetEventSlim gate, ManualResetEventSlim entered, Collector? parent = null) : Collector(parent)
    {
        public override string Name => "hanger";

        protected override Collector MakeAlike() => new Hanger(gate, entered, this);

        protected override bool OnOpen(FollowedProcess process) => true;

        protected override void OnClose(ProcessResult result)
        {
            entered.Set();
            gate.Wait(Wait.Limit);
        }
    }

    private sealed class BadSink(ManualResetEventSlim? gate) : IRecordSink
    {
        public bool Begin(bool last)
        {
            if (gate is null)
                throw new InvalidOperationException("no");
            gate.Wait(Wait.Limit);
            return false;
        }

        public void Take(in PerfRecord record, StreamSource source)
        {
        }

        public void Seed(ProcessSeed seed)
        {
        }

        public void Reached(long time)
        {
        }
    }
}
