using ForkFollow.Native;
using Microsoft.Extensions.Logging.Abstractions;

namespace ForkFollow.Follower.Tests;

/// <summary>
/// A life of a tree with all that befalls one, in which one request of the tracer is refused: each in turn. Nobody may stay
/// stopped, nobody may be told twice, the thread may not end, and the ledger has it.
/// </summary>
public sealed class FaultTranscripts
{
    private const int P = Scene.P;

    private static readonly WaitStatus _fork = Event(PtraceEvent.PTRACE_EVENT_FORK);
    private static readonly WaitStatus _clone = Event(PtraceEvent.PTRACE_EVENT_CLONE);
    private static readonly WaitStatus _exec = Event(PtraceEvent.PTRACE_EVENT_EXEC);
    private static readonly WaitStatus _exit = Event(PtraceEvent.PTRACE_EVENT_EXIT);
    private static readonly WaitStatus _signal = WaitStatus.ForStop(Linux.SIGTERM);

    [Fact]
    public void Each_refused_request_costs_no_target_anything()
    {
        var met = new HashSet<string>();
        for (int n = 1; ; n++)
        {
            var life = new Life(n, times: 1);
            life.Run();
            if (life.Kernel.Refused is not { } refused)
                break;
            met.Add(refused);
        }

        // All that the tracer asks of a kernel.
        Assert.Equal(
            [
                "/proc/PID/exe", "/proc/PID/stat", "/proc/TID/status", "PTRACE_CONT", "PTRACE_DETACH", "PTRACE_GETEVENTMSG", "PTRACE_INTERRUPT",
                "PTRACE_LISTEN", "PTRACE_SETOPTIONS", "wait4", "waitid", "waitid of one", "waitid without WNOWAIT",
            ],
            met.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_wait_that_fails_again_and_again_is_tried_until_it_does_not()
    {
        var life = new Life(refused: 1, times: 5);
        life.Run();
        Assert.Equal(5, life.Tracer.Figures.Ledger.Count(entry => entry.Text.StartsWith("the wait for tracees failed", StringComparison.Ordinal)));
    }

    private static WaitStatus Event(PtraceEvent one) => WaitStatus.ForStop(Linux.SIGTRAP, one);

    /// <summary>Plays the transcript through <see cref="Tracer.Run"/>; each step when the tracer would block.</summary>
    private sealed class Life : IFollowObserver
    {
        private readonly FakeKernel _inner = new();
        private readonly List<string> _told = [];
        private readonly Queue<Action> _steps = [];
        private string? _stopped;

        internal Life(int refused, int times)
        {
            Kernel = new(_inner, refused, times);
            _inner.AddProcess(P);
            Tracer = new(Kernel, this, NullLogger.Instance, new PollGovernor(), new Mailbox());
        }

        internal FaultyKernel Kernel { get; }

        internal Tracer Tracer { get; }

        internal void Run()
        {
            Assert.Empty(Tracer.Attach(new() { Targets = [P] }));
            FollowedProcess parent = Tracer.Processes.Single();
            Kernel.Begin();

            Step(() => Forks(20, birthFirst: false));
            Step(() => Forks(21, birthFirst: true));
            Step(() => // a thread, whose creator's event comes late
            {
                _inner.AddThread(30, P);
                _inner.Report(30, Scene.BirthStop);
            });
            Step(() => Names(30, _clone));
            Step(() => // a child whose creator's event never comes
            {
                _inner.AddProcess(22, P);
                _inner.Report(22, Scene.BirthStop);
            });
            Step(() => // a child that is killed before it is named, as a zombie
            {
                _inner.AddProcess(23, P, zombie: true);
                _inner.Report(23, WaitStatus.ForKill(Linux.SIGKILL));
            });
            Step(() => _inner.Report(20, _exec), message: (20, 20));
            Step(() => // without a pause: each gets a look of its own
            {
                for (int i = 0; i < 64; i++)
                    _inner.Report(P, _signal);
                foreach (int tid in (int[])[20, 21, 30])
                    _inner.Report(tid, _signal);
            });
            Step(() => _inner.Report(21, Scene.GroupStop));
            Step(() => _inner.Report(P, _exec), message: (P, 30)); // by the thread
            Step(() => _inner.Report(20, _exit));
            Step(() => _inner.Report(20, WaitStatus.ForExit(3)));
            Step(() =>
            {
                foreach (FollowedProcess one in Tracer.Processes.Where(one => one.Pid == 21).ToArray())
                    Tracer.LetGo(one);
                _inner.Report(21, Scene.InterruptStop);
            });
            Step(() => _inner.Report(22, WaitStatus.ForKill(Linux.SIGKILL)));
            _inner.OnBlock = NextStep;
            Tracer.Run();

            Assert.True(_stopped is null, _stopped);
            Assert.Empty(_steps);
            Assert.Empty(Tracer.Processes);
            Assert.Equal(ProcessEnd.Detached, parent.End);
            AssertToldOnce();
            Assert.True(Kernel.Refused is null || _inner.Log.Count > 0);
        }

        public void Exited(FollowedProcess process) => _told.Add($"end {process.Id}");

        public void Detached(FollowedProcess process) => _told.Add($"end {process.Id}");

        public void Released(FollowedProcess process) => _told.Add($"released {process.Id}");

        public BirthVerdict Born(FollowedProcess process)
        {
            _told.Add($"born {process.Id}");
            return BirthVerdict.Follow;
        }

        private void Step(Action action, (int Tid, long Message)? message = null) => _steps.Enqueue(() =>
        {
            if (message is { } one)
                _inner.Messages[one.Tid] = one.Message;
            action();
        });

        private void NextStep()
        {
            if (_inner.Unanswered.Count > 0)
                _stopped ??= $"{Kernel.Refused} refused: {string.Join(' ', _inner.Unanswered)} stays stopped after {string.Join(" · ", _inner.Log.TakeLast(9))}";
            if (_stopped is null && _steps.TryDequeue(out Action? step))
                step();
            else
                Tracer.EndByDetaching();
        }

        private void Forks(int child, bool birthFirst)
        {
            _inner.AddProcess(child, P);
            if (birthFirst)
                _inner.Report(child, Scene.BirthStop);
            Names(child, _fork);
            if (!birthFirst)
                _inner.Report(child, Scene.BirthStop);
        }

        private void Names(int child, WaitStatus status)
        {
            _inner.Messages[P] = child;
            _inner.Report(P, status);
        }

        /// <summary>Each at most once; whoever ended is released too, or its collectors would stay open.</summary>
        private void AssertToldOnce()
        {
            Assert.Equal(_told.Distinct(), _told);
            string[] ended = [.. _told.Where(line => line.StartsWith("end ", StringComparison.Ordinal)).Select(line => line[4..])];
            Assert.All(ended, id => Assert.Contains($"released {id}", _told));
            Assert.Equal(ended.Length, ended.Distinct().Count());
        }
    }
}
