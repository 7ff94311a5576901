using ForkFollow.Native;
using Microsoft.Extensions.Logging.Abstractions;

namespace ForkFollow.Follower.Tests;

/// <summary>
/// A tracer on a fake kernel, with one attached process P (pid 10), in which a transcript is played: the test says what
/// stops, and reads what the tracer did.
/// </summary>
internal sealed class Scene : IFollowObserver
{
    internal const int P = 10;

    internal static readonly WaitStatus BirthStop = WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_STOP);
    internal static readonly WaitStatus InterruptStop = BirthStop;
    internal static readonly WaitStatus GroupStop = WaitStatus.ForStop(Linux.SIGSTOP, PtraceEvent.PTRACE_EVENT_STOP);

    private readonly List<string> _log;

    internal Scene()
    {
        Kernel.AddProcess(P);
        _log = Kernel.Log;
        Tracer = new(Kernel, this, NullLogger.Instance, new PollGovernor(), new Mailbox());
        Tracer.Attach(new() { Targets = [P] });
        Parent = Tracer.Processes.Single();
        _log.Clear();
    }

    internal FakeKernel Kernel { get; } = new();

    internal Tracer Tracer { get; }

    internal FollowedProcess Parent { get; }

    internal Dictionary<int, FollowedProcess> Seen { get; } = [];

    internal BirthVerdict Verdict { get; set; }

    /// <summary>What the observer does when told; for faults.</summary>
    internal Action<string>? OnTold { get; set; }

    /// <summary>What was done since the last call, requests and notices in one order.</summary>
    internal string TakeLog()
    {
        string log = string.Join(" · ", _log);
        _log.Clear();
        return log;
    }

    internal void Stop(int tid, WaitStatus status) => Tracer.Handle(tid, status);

    /// <summary>The parent's event: it made a child.</summary>
    internal void Forks(int parent, int child, PtraceEvent birthEvent = PtraceEvent.PTRACE_EVENT_FORK)
    {
        if (Kernel.ReadStatus(child, out _) != ProcOutcome.Read)
            Kernel.AddProcess(child, parent);
        Kernel.Messages[parent] = child;
        Stop(parent, WaitStatus.ForStop(Linux.SIGTRAP, birthEvent));
    }

    internal void FirstStop(int child, int parent, WaitStatus? status = null)
    {
        if (Kernel.ReadStatus(child, out _) != ProcOutcome.Read)
            Kernel.AddProcess(child, parent);
        Stop(child, status ?? BirthStop);
    }

    internal void Exits(int tid, int code = 0) => Stop(tid, WaitStatus.ForExit(code));

    internal void Killed(int tid) => Stop(tid, WaitStatus.ForKill(Linux.SIGKILL));

    internal void WouldBlock()
    {
        // Run looks, finds nothing, adopts who is held, and ends for want of tracees: the records are closed.
        bool blocked = false;
        Kernel.OnBlock = () =>
        {
            blocked = true;
            Tracer.EndByDetaching();
        };
        Tracer.Run();
        Assert.True(blocked);
    }

    public void Attached(FollowedProcess process) => Tell("attached", process);

    public BirthVerdict Born(FollowedProcess process)
    {
        Tell("born", process);
        return Verdict;
    }

    public void Execed(FollowedProcess process, in ExecView image) => Tell("execed", process);

    public void ThreadBorn(FollowedProcess process, int tid) => _log.Add($"thread {tid} of {process.Pid}");

    public void Exiting(FollowedProcess process) => Tell("exiting", process);

    public void Exited(FollowedProcess process) => Tell("exited", process);

    public void Detached(FollowedProcess process) => Tell("detached", process);

    public void Released(FollowedProcess process) => Tell("released", process);

    private void Tell(string what, FollowedProcess process)
    {
        Seen[process.Pid] = process;
        _log.Add($"{what} {process.Pid}");
        OnTold?.Invoke(what);
    }
}
