using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>Execs, exits and signals of one process, replayed.</summary>
public sealed class ExecAndExitTranscripts
{
    private const int P = Scene.P;
    private const int T = 11;

    private static readonly WaitStatus _exec = WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_EXEC);
    private static readonly WaitStatus _exitEvent = WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_EXIT);

    private readonly Scene _scene = new();

    [Fact]
    public void An_exec_by_the_leader_is_told_while_it_is_held_and_recorded()
    {
        _scene.Kernel.Messages[P] = P;
        _scene.Stop(P, _exec);
        Assert.Equal("execed 10 · CONT 10", _scene.TakeLog());
        ExecImage image = _scene.Parent.Execs[^1];
        Assert.Equal("/bin/prog", image.Path);
        Assert.Equal(["prog", "-x"], image.GetArguments());
        Assert.Equal(1, _scene.Tracer.Figures.Execs);
    }

    [Fact]
    public void Long_command_lines_are_whole_until_they_fill_their_room_and_that_is_said_once()
    {
        const int Long = 4 << 20;
        const int Execs = 40;
        int before = _scene.Parent.Execs.Count;
        _scene.Kernel.Messages[P] = P;
        _scene.Kernel.CommandLine = [.. Enumerable.Repeat((byte)'x', Long)];
        for (int i = 0; i < Execs; i++)
            _scene.Stop(P, _exec);
        _scene.Kernel.CommandLine = [.. "short\0"u8];
        _scene.Stop(P, _exec);

        int[] lengths = [.. _scene.Parent.Execs.Skip(before).Select(image => Assert.Single(image.GetArguments()).Length)];
        Assert.Equal(Long, lengths[0]);
        Assert.InRange(lengths.Sum(length => (long)length), CommandLines.Room - Long, CommandLines.Room + (Execs * (CommandLines.Always + 1)));
        Assert.EndsWith("xxx…", _scene.Parent.Execs[^2].GetArguments()[0], StringComparison.Ordinal);
        Assert.Equal(["short"], _scene.Parent.Execs[^1].GetArguments());
        Assert.Contains("1,024 bytes", Assert.Single(_scene.Tracer.Figures.Ledger).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exec_by_another_thread_takes_the_leaders_tid_and_ends_all_others()
    {
        AddThread(T);
        AddThread(12);
        _scene.TakeLog();
        _scene.Kernel.Messages[P] = T;
        _scene.Stop(P, _exec);
        Assert.Equal("OPTIONS 10 exit · execed 10 · CONT 10", _scene.TakeLog());

        // The leader is one thread again: its death is that of the process.
        _scene.Exits(P, 5);
        Assert.Equal("REAP 10 · exited 10 · released 10", _scene.TakeLog());
        Assert.Equal(5, _scene.Parent.Exit!.Code);
        Assert.Equal(3, _scene.Parent.ThreadsSeen);
    }

    [Fact]
    public void A_thread_that_exec_ended_may_be_reported_dead_late_and_is_nobodys_child()
    {
        AddThread(T);
        AddThread(12);
        _scene.Kernel.Messages[P] = T;
        _scene.Stop(P, _exec);
        _scene.TakeLog();
        _scene.Killed(12);
        Assert.Equal("REAP 12", _scene.TakeLog());
        Assert.Single(_scene.Tracer.Processes);
    }

    [Fact]
    public void A_zombie_leader_is_not_seized_its_threads_are_and_the_last_ones_end_is_the_processs()
    {
        var scene = new Scene();
        scene.Kernel.AddProcess(50, zombie: true);
        scene.Kernel.AddThread(51, 50);
        scene.Kernel.AddThread(52, 50);
        Assert.Empty(scene.Tracer.Attach(new() { Targets = [50] }));
        Assert.Equal("SEIZE 51 · SEIZE 52 · attached 50", scene.TakeLog());
        scene.Exits(51, 0);
        Assert.Equal("REAP 51", scene.TakeLog());
        scene.Exits(52, 7);
        Assert.Equal("REAP 52 · exited 50 · released 50", scene.TakeLog());
        Assert.Equal(7, scene.Seen[50].Exit!.Code);
    }

    [Fact]
    public void The_exit_stop_of_the_main_thread_is_told_and_the_peak_taken_there()
    {
        _scene.Stop(P, _exitEvent);
        Assert.Equal("exiting 10 · CONT 10", _scene.TakeLog());
    }

    [Fact]
    public void The_death_of_another_thread_is_not_that_of_the_process()
    {
        AddThread(T);
        _scene.TakeLog();
        _scene.Exits(T);
        Assert.Equal("REAP 11", _scene.TakeLog());
        Assert.Equal(ProcessEnd.Alive, _scene.Parent.End);
        _scene.Exits(P);
        Assert.Equal("REAP 10 · exited 10 · released 10", _scene.TakeLog());
    }

    [Fact]
    public void Every_signal_is_passed_on_at_its_delivery_stop()
    {
        for (int signal = 1; signal <= 64; signal++)
        {
            _scene.Stop(P, WaitStatus.ForStop(signal));
            Assert.Equal($"CONT 10 {Signals.Name(signal)}", _scene.TakeLog());
        }
    }

    [Fact]
    public void Stop_and_continue_as_the_kernel_reports_them()
    {
        _scene.Stop(P, WaitStatus.ForStop(Linux.SIGSTOP));
        _scene.Stop(P, Scene.GroupStop);
        _scene.Stop(P, Scene.InterruptStop); // SIGCONT after LISTEN
        _scene.Stop(P, WaitStatus.ForStop(Linux.SIGCONT));
        Assert.Equal("CONT 10 SIGSTOP · LISTEN 10 · CONT 10 · CONT 10 SIGCONT", _scene.TakeLog());
    }

    [Fact]
    public void Who_dies_inside_a_request_stays_known_until_its_death_is_reported()
    {
        _scene.Kernel.Dying.Add(P);
        _scene.Stop(P, WaitStatus.ForStop(10));
        Assert.Single(_scene.Tracer.Processes);
        _scene.Killed(P);
        Assert.Empty(_scene.Tracer.Processes);
    }

    [Fact]
    public void A_killed_child_that_still_runs_untraced_in_an_exit_stop_is_an_escape()
    {
        _scene.Kernel.AddProcess(77, P);
        _scene.Kernel.SetChildren(P, 77);
        _scene.Stop(P, _exitEvent);
        Assert.Contains(_scene.Tracer.Figures.Ledger, entry => entry is { Kind: LedgerKind.Escaped, Pid: 77 });
    }

    [Fact]
    public void When_the_kernel_has_no_tracee_left_what_we_still_know_is_lost_and_said()
    {
        _scene.Tracer.Run();
        Assert.Equal(ProcessEnd.Lost, _scene.Parent.End);
        Assert.Contains(_scene.Tracer.Figures.Ledger, entry => entry.Kind == LedgerKind.Vanished);
    }

    private void AddThread(int tid)
    {
        _scene.Kernel.AddThread(tid, P);
        _scene.Forks(P, tid, PtraceEvent.PTRACE_EVENT_CLONE);
        _scene.Stop(tid, Scene.BirthStop);
    }
}
