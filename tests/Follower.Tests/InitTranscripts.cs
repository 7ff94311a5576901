using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

/// <summary>Inits of pid namespaces that crash: P is one.</summary>
public class InitTranscripts
{
    private static readonly WaitStatus _fault = WaitStatus.ForStop(Linux.SIGSEGV);

    private readonly Scene _scene = new();

    public InitTranscripts() => _scene.Kernel.Inits.Add(Scene.P);

    [Theory]
    [InlineData(Linux.SIGILL)]
    [InlineData(Linux.SIGBUS)]
    [InlineData(Linux.SIGFPE)]
    [InlineData(Linux.SIGSEGV)]
    public void An_init_that_faults_is_let_go_with_the_signal_and_watched_to_its_end(int signal)
    {
        _scene.Stop(Scene.P, WaitStatus.ForStop(signal));
        Assert.Equal($"WATCH 10 · DETACH 10 {Signals.Name(signal)}", _scene.TakeLog());
        Assert.Equal(ProcessEnd.Alive, _scene.Parent.End);
        _scene.Kernel.Watches[Scene.P](WaitStatus.ForKill(signal, core: true));
        _scene.Tracer.Run();
        Assert.Equal("exited 10 · released 10", _scene.TakeLog());
        Assert.Equal(new ProcessExit(0, signal, DumpedCore: true), _scene.Parent.Exit);
    }

    [Fact]
    public void Where_the_kernel_does_not_tell_its_end_it_is_that_of_the_signal()
    {
        _scene.Stop(Scene.P, _fault);
        _scene.Kernel.Watches[Scene.P](null);
        _scene.Tracer.Run();
        Assert.Equal(new ProcessExit(0, Linux.SIGSEGV, DumpedCore: false), _scene.Parent.Exit);
    }

    [Fact]
    public void While_its_end_is_awaited_the_thread_waits_and_does_not_spin()
    {
        _scene.Stop(Scene.P, _fault);
        int pauses = 0;
        _scene.Kernel.OnBlock = () =>
        {
            if (++pauses == 2)
                _scene.Kernel.Watches[Scene.P](_fault.StopSignal == 0 ? null : WaitStatus.ForExit(3));
        };
        _scene.Tracer.Run();
        Assert.Equal(2, pauses);
        Assert.Equal(new ProcessExit(3, 0, false), _scene.Parent.Exit);
    }

    [Fact]
    public void One_that_cannot_be_watched_is_let_go_all_the_same()
    {
        _scene.Kernel.CannotWatch = true;
        _scene.Stop(Scene.P, _fault);
        Assert.Equal("WATCH 10 · DETACH 10 SIGSEGV · detached 10 · released 10", _scene.TakeLog());
    }

    [Fact]
    public void With_another_thread_traced_its_end_is_reported_as_always()
    {
        _scene.Kernel.AddThread(11, Scene.P);
        _scene.Kernel.Messages[Scene.P] = 11;
        _scene.Stop(Scene.P, WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_CLONE));
        _scene.FirstStop(11, Scene.P);
        _scene.TakeLog();
        _scene.Stop(Scene.P, _fault);
        Assert.Equal("DETACH 10 SIGSEGV", _scene.TakeLog());
        _scene.Stop(11, WaitStatus.ForKill(Linux.SIGSEGV, core: true));
        Assert.Equal("REAP 11 · exited 10 · released 10", _scene.TakeLog());
        Assert.Equal(new ProcessExit(0, Linux.SIGSEGV, DumpedCore: true), _scene.Parent.Exit);
    }

    /// <summary>A thread that dies in its first stop is no child of its process' parent: nobody's count of unborn children changes.</summary>
    [Fact]
    public void Its_last_traced_thread_may_die_in_its_first_stop()
    {
        _scene.Kernel.Inits.Clear();
        _scene.Forks(Scene.P, 20);
        _scene.FirstStop(20, Scene.P);
        _scene.Kernel.Inits.Add(20);
        _scene.Kernel.AddThread(21, 20);
        _scene.Kernel.Messages[20] = 21;
        _scene.Stop(20, WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_CLONE));
        _scene.Stop(20, _fault);
        _scene.Stop(21, WaitStatus.ForKill(Linux.SIGSEGV));
        Assert.Equal(ProcessEnd.Exited, _scene.Seen[20].End);
        Assert.Equal(0, _scene.Parent.UnbornChildren);
        _scene.TakeLog();
        _scene.Exits(Scene.P);
        Assert.EndsWith("exited 10 · released 10", _scene.TakeLog(), StringComparison.Ordinal);
    }

    /// <summary>A signal that somebody sends, one that has a handler, and one that is no fault are passed on; so is that of any other.</summary>
    [Fact]
    public void Nothing_else_lets_an_init_go()
    {
        _scene.Kernel.HandlesFaults.Add(Scene.P);
        _scene.Stop(Scene.P, _fault);
        _scene.Stop(Scene.P, WaitStatus.ForStop(Linux.SIGTERM));
        Assert.Equal("CONT 10 SIGSEGV · CONT 10 SIGTERM", _scene.TakeLog());
        _scene.Kernel.HandlesFaults.Clear();
        _scene.Kernel.Inits.Clear();
        var other = new Scene();
        other.Stop(Scene.P, _fault);
        Assert.Equal("CONT 10 SIGSEGV", other.TakeLog());
    }

    [Fact]
    public void One_that_was_let_go_by_us_before_is_let_go_and_no_more()
    {
        _scene.Tracer.LetGo(_scene.Parent);
        _scene.TakeLog();
        _scene.Stop(Scene.P, _fault);
        Assert.Equal("DETACH 10 SIGSEGV · detached 10 · released 10", _scene.TakeLog());
    }
}
