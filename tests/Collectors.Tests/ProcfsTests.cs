using System.Diagnostics;
using ForkFollow.Collectors.Procfs;
using ForkFollow.Follower;
using ForkFollow.Native;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>Ticks of real processes, which hold what they were told to.</summary>
public sealed class ProcfsTests : IDisposable
{
    private const int Mebibytes = 40;
    private const int Threads = 7;
    private const int Files = 23;

    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);

    private readonly Pipes _pipes = new();

    public void Dispose() => _pipes.Dispose();

    [Fact]
    public async Task Memory_threads_and_files_are_those_of_the_process()
    {
        List<ProcessResult> all = await RunAsync("procfs", [$"{Mebibytes}", $"{Threads}", $"{Files}"], async (session, pid) =>
        {
            Assert.Equal("ready", await _pipes.NextAsync());
            await RoundsAsync(session, 3);
            _pipes.Send("go");
        });
        IReadOnlyList<RecordedTick> ticks = Assert.Single(all).Procfs!;
        Assert.Equal(ticks.OrderBy(tick => tick.AtNs), ticks);

        // As it waits for us.
        RecordedTick waiting = ticks.Last(tick => tick.State == "S");
        Assert.InRange(waiting.RssBytes, Mebibytes << 20, (Mebibytes + 4) << 20);
        Assert.Equal(1 + Threads, waiting.Threads);
        Assert.Equal(3 + Files, waiting.Fds);

        // The last one is taken in the exit stop, with the memory still there.
        RecordedTick last = ticks[^1];
        Assert.Equal("t", last.State);
        Assert.InRange(last.RssBytes, Mebibytes << 20, (Mebibytes + 4) << 20);
        Assert.True(last.AtNs > waiting.AtNs);
    }

    [Fact]
    public async Task A_stopped_process_is_told_by_its_letter()
    {
        string shared = Path.GetTempFileName();
        File.WriteAllBytes(shared, new byte[16]);
        List<ProcessResult> all = await RunAsync("stops", [shared], async (session, pid) =>
        {
            Assert.Equal("ready", await _pipes.NextAsync());
            Signalling.Send(pid, "STOP");
            await RoundsAsync(session, 4);
            Signalling.Send(pid, "CONT");
            await RoundsAsync(session, 3);
            _pipes.Send("end");
        });
        File.Delete(shared);
        string states = string.Concat(Assert.Single(all).Procfs!.Select(tick => tick.State));
        Assert.Matches("TT+[^T]+$", states);
    }

    [Fact]
    public async Task Who_waits_for_its_vfork_child_has_no_tick()
    {
        long from = 0;
        long to = 0;
        List<ProcessResult> all = await RunAsync("waits", ["vfork"], async (session, pid) =>
        {
            Assert.Equal("ready", await _pipes.NextAsync());
            await RoundsAsync(session, 3);
            _pipes.Send("go");
            Assert.NotNull(await _pipes.NextAsync());

            // The round that runs just now may have looked at the parent before it knew of the child.
            await RoundsAsync(session, 2);
            from = Stopwatch.GetTimestamp() - session.StartTimestamp;
            await RoundsAsync(session, 4);
            to = Stopwatch.GetTimestamp() - session.StartTimestamp;
            _pipes.Send("go");
        });
        Assert.Equal(2, all.Count);
        Assert.Contains(all[0].Procfs!, tick => tick.AtNs < from);
        Assert.DoesNotContain(all[0].Procfs!, tick => tick.AtNs >= from && tick.AtNs <= to);
        Assert.Contains(all[1].Procfs!, tick => tick.AtNs >= from && tick.AtNs <= to);
    }

    [Fact]
    public async Task What_lives_shorter_than_the_interval_has_its_last_tick()
    {
        var results = new RunResults(null);
        using var session = new ProcfsSession(results, TimeSpan.FromHours(1), entry => Assert.Fail(entry.Text));
        string[] command = ["/bin/sh", "-c", "(exit 3); /bin/true; :"];
        using (var host = new CollectorHost(results, [new ProcfsCollector(session)]))
        {
            await using FollowSession follow = await FollowSession.LaunchAsync(new() { Command = command }, host);
            await follow.Completion.WaitAsync(_deadline);
        }

        // A mere fork has no exit stop: what the last round saw counts, and there was none.
        Assert.Equal([1, 0, 1], results.ToList().Select(result => result.Procfs!.Count));
        Assert.InRange(results.ToList()[2].Procfs![0].RssBytes, 100_000, 20_000_000);
    }

    [Fact]
    public void The_files_of_a_process_that_vanished_are_no_error() =>
        Assert.False(TickReader.Read(int.MaxValue, out _));

    [Fact]
    public void Reading_a_process_allocates_nothing()
    {
        Assert.True(TickReader.Read(Environment.ProcessId, out _));
        long least = long.MaxValue;
        for (int turn = 0; turn < 3; turn++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
                TickReader.Read(Environment.ProcessId, out _);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least); // the runtime's own share of a thread is in the count now and then
    }

    [Fact]
    public void Kernels_that_do_not_tell_the_number_of_files_have_them_counted()
    {
        // Other tests open and close files meanwhile.
        int ours;
        int before;
        int after;
        long begun = Stopwatch.GetTimestamp();
        do
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Wait.Limit, "files are opened and closed without a pause");
            before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
            ours = ProcFile.CountEntries(Environment.ProcessId, "fd"u8);
            after = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        }
        while (before != after);

        // The directory itself is open while it is counted.
        Assert.InRange(ours, before - 1, before + 1);
    }

    private static async Task RoundsAsync(ProcfsSession session, int count)
    {
        long until = session.Rounds + count;
        await Wait.UntilAsync(() => session.Rounds >= until, $"{count} rounds");
    }

    private async Task<List<ProcessResult>> RunAsync(string tracee, string[] arguments, Func<ProcfsSession, int, Task> script)
    {
        var results = new RunResults(null);
        using var session = new ProcfsSession(results, _interval, _ => { });
        string[] command = [Runs.Tracee(tracee), .. _pipes.Arguments, .. arguments];
        using (var host = new CollectorHost(results, [new ProcfsCollector(session)]))
        {
            await using FollowSession follow = await FollowSession.LaunchAsync(new() { Command = command }, host);
            await script(session, follow.Root!.Pid).WaitAsync(_deadline);
            await follow.Completion.WaitAsync(_deadline);
        }

        return results.ToList();
    }
}
