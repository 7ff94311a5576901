using ForkFollow.Follower;

namespace ForkFollow.Collectors.Tests;

public sealed class CollectorLifecycleTests
{
    private static string[] Shell(string script) => ["/bin/sh", "-c", script];

    [Fact]
    public async Task Each_process_has_one_of_its_own_that_is_opened_stopped_and_closed()
    {
        var log = new SpyCollector.Journal();
        (RunResults results, _) = await Runs.FollowAsync([new SpyCollector(log)], Shell("/bin/true; /bin/true"));
        Assert.Equal(3, results.Count);
        foreach (ProcessResult result in results.ToList())
        {
            int pid = result.Process.Pid;
            Assert.Equal(["spy"], result.CollectorNames);
            Assert.Equal(1, log.Count($"open {pid}"));
            Assert.Equal(1, log.Count($"close {pid}"));
            Assert.Equal(1, log.Count($"exec {pid}"));
        }
    }

    [Fact]
    public async Task It_is_closed_on_a_thread_other_than_the_tracers()
    {
        var log = new SpyCollector.Journal();
        await Runs.FollowAsync([new SpyCollector(log)], Shell("/bin/true; /bin/true"));
        Assert.Single(log.OpenThreads);
        Assert.Single(log.CloseThreads);
        Assert.Empty(log.OpenThreads.Intersect(log.CloseThreads));
    }

    [Fact]
    public async Task A_child_that_it_is_not_for_gets_none_nor_do_its_children()
    {
        var log = new SpyCollector.Journal();
        SpyCollector.OnlyRoots only = new(log);
        (RunResults results, _) = await Runs.FollowAsync([only], Shell("/bin/sh -c '/bin/true; :'; :"));
        Assert.Equal(3, results.Count);
        Assert.Equal(["spy", "", ""], results.ToList().Select(result => string.Join(',', result.CollectorNames)));
    }

    [Fact]
    public async Task A_child_with_no_collector_runs_free_unless_the_tree_itself_is_wanted()
    {
        var log = new SpyCollector.Journal();
        var results = new RunResults(null);
        using var host = new CollectorHost(results, [new SpyCollector.OnlyRoots(log)], treeWanted: false);
        await using FollowSession session = await FollowSession.LaunchAsync(new() { Command = Shell("/bin/sh -c '/bin/true; :'; :") }, host);
        await session.Completion.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([ProcessEnd.Exited, ProcessEnd.Detached], results.ToList().Select(result => result.Process.End));
    }

    [Fact]
    public void Steps_out_of_order_are_refused()
    {
        var collector = new SpyCollector(new());
        Assert.Throws<InvalidOperationException>(collector.Stop);
        Assert.Throws<InvalidOperationException>(() => collector.Close(null!));
        Assert.Equal(CollectorState.Created, collector.State);
    }

    /// <summary>Writes down what is asked of it.</summary>
    private class SpyCollector : Collector
    {
        protected readonly Journal _journal;
        private int _pid;

        internal SpyCollector(Journal journal, Collector? parent = null)
            : base(parent) => _journal = journal;

        public override string Name => "spy";

        protected override Collector MakeAlike() => new SpyCollector(_journal, this);

        protected override bool OnOpen(FollowedProcess process)
        {
            _pid = process.Pid;
            _journal.Add($"open {_pid}", _journal.OpenThreads);
            return true;
        }

        protected override void OnExeced(FollowedProcess process, in ExecView image) => _journal.Add($"exec {_pid}", _journal.OpenThreads);

        protected override void OnClose(ProcessResult result)
        {
            Assert.Equal(_pid, result.Process.Pid);
            Assert.Equal(CollectorState.Stopping, State);
            _journal.Add($"close {_pid}", _journal.CloseThreads);
        }

        internal sealed class OnlyRoots(Journal journal, Collector? parent = null) : SpyCollector(journal, parent)
        {
            protected override Collector MakeAlike() => new OnlyRoots(_journal, this);

            protected override bool Wants(FollowedProcess process) => process.Parent is null;
        }

        internal sealed class Journal
        {
            private readonly List<string> _lines = [];

            internal HashSet<int> OpenThreads { get; } = [];

            internal HashSet<int> CloseThreads { get; } = [];

            internal void Add(string line, HashSet<int> threads)
            {
                lock (_lines)
                {
                    _lines.Add(line);
                    threads.Add(Environment.CurrentManagedThreadId);
                }
            }

            internal int Count(string line)
            {
                lock (_lines)
                    return _lines.Count(other => other == line);
            }
        }
    }
}
