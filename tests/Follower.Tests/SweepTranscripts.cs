using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>
/// The look that each tracee gets of its own when stops come without a pause. Several are stopped then, and to answer one may take
/// out others.
/// </summary>
public sealed class SweepTranscripts
{
    private const int P = Scene.P;
    private const int Streak = 64;

    private static readonly WaitStatus _signal = WaitStatus.ForStop(Linux.SIGTERM);
    private static readonly WaitStatus _exec = WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_EXEC);

    private readonly Scene _scene = new();

    [Fact]
    public void An_exec_by_a_thread_that_is_met_in_a_sweep_ends_nothing_but_the_other_threads()
    {
        AddThreads(11, 12, 13);
        _scene.Kernel.Messages[P] = 12;
        Assert.Contains("execed 10 · CONT 10", Sweep((P, _exec), (13, _signal)), StringComparison.Ordinal);
        Assert.Empty(_scene.Tracer.Figures.Ledger);
    }

    [Fact]
    public void A_death_of_the_leader_that_is_met_in_a_sweep_takes_out_its_threads()
    {
        AddThreads(11, 12);
        Assert.Contains("REAP 10 · exited 10 · released 10", Sweep((P, WaitStatus.ForExit(0))), StringComparison.Ordinal);
        Assert.Empty(_scene.Tracer.Figures.Ledger);
    }

    [Fact]
    public void Who_is_stopped_behind_a_streak_of_others_is_answered()
    {
        AddThreads(11, 12);
        Assert.Contains("CONT 11 SIGTERM · CONT 12 SIGTERM", Sweep((11, _signal), (12, _signal)), StringComparison.Ordinal);
    }

    private void AddThreads(params int[] tids)
    {
        foreach (int tid in tids)
        {
            _scene.Kernel.AddThread(tid, P);
            _scene.Forks(P, tid, PtraceEvent.PTRACE_EVENT_CLONE);
            _scene.FirstStop(tid, P);
        }
    }

    /// <summary>A streak of stops, with these waiting behind it: what was done after the streak.</summary>
    private string Sweep(params (int Tid, WaitStatus Status)[] waiting)
    {
        for (int i = 0; i < Streak; i++)
            _scene.Kernel.Report(P, _signal);
        foreach ((int tid, WaitStatus status) in waiting)
            _scene.Kernel.Report(tid, status);
        _scene.TakeLog();
        _scene.Kernel.OnBlock = _scene.Tracer.EndByDetaching;
        _scene.Tracer.Run();
        return _scene.TakeLog();
    }
}
