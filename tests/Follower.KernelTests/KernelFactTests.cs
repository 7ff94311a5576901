using System.Diagnostics;
using System.Globalization;
using ForkFollow.Native;

namespace ForkFollow.Follower.KernelTests;

/// <summary>
/// What the kernel does, with no follower in between: the facts that the follower is built on. Each test is a tracer of
/// its own.
/// </summary>
public sealed class KernelFactTests : KernelTest
{
    [Fact]
    public async Task Stop_that_was_peeked_at_is_reported_until_it_is_answered()
    {
        Tracee tracee = await WaitingAsync();
        await OnTracerThread(kernel =>
        {
            Seize(kernel, tracee.Pid);
            Assert.True(kernel.Interrupt(tracee.Pid));
            Assert.Equal(WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_STOP), Next(kernel, tracee.Pid));
            Assert.True(kernel.PeekOne(tracee.Pid, out _));
            Assert.True(kernel.Continue(tracee.Pid, 0));
            Assert.False(kernel.PeekOne(tracee.Pid, out _));
            Assert.False(kernel.Continue(tracee.Pid, 0));
        });
        await GoAsync(tracee);
    }

    [Fact]
    public async Task Interrupt_of_a_stopped_tracee_gives_a_second_stop()
    {
        Tracee tracee = await WaitingAsync();
        await OnTracerThread(kernel =>
        {
            Seize(kernel, tracee.Pid);
            Assert.True(kernel.Interrupt(tracee.Pid));
            WaitStatus first = Next(kernel, tracee.Pid);
            Assert.True(kernel.Interrupt(tracee.Pid));
            Assert.True(kernel.Continue(tracee.Pid, 0));
            Assert.Equal(first, Next(kernel, tracee.Pid));
            Assert.True(kernel.Continue(tracee.Pid, 0));
        });
        await GoAsync(tracee);
    }

    [Fact]
    public async Task Signal_that_was_peeked_at_is_delivered_when_the_tracer_thread_ends()
    {
        Tracee tracee = await WaitingAsync();
        await OnTracerThread(kernel =>
        {
            Seize(kernel, tracee.Pid);
            Signal(tracee.Pid, Native.SIGTERM);
            Assert.Equal(WaitStatus.ForStop(Native.SIGTERM), Next(kernel, tracee.Pid));
        });
        await tracee.Parent.ExpectAsync("killed 15");
    }

    [Fact]
    public async Task Signal_that_was_waited_for_is_lost_when_the_tracer_thread_ends()
    {
        Tracee tracee = await WaitingAsync();
        await OnTracerThread(kernel =>
        {
            Seize(kernel, tracee.Pid);
            Signal(tracee.Pid, Native.SIGTERM);
            Next(kernel, tracee.Pid);
            Assert.True(kernel.ConsumeStop(tracee.Pid));
        });
        await GoAsync(tracee);
    }

    [Fact]
    public async Task Interrupt_in_a_group_stop_reports_the_group_stop_again()
    {
        Tracee tracee = await WaitingAsync();
        WaitStatus groupStop = WaitStatus.ForStop(Linux.SIGSTOP, PtraceEvent.PTRACE_EVENT_STOP);
        await OnTracerThread(kernel =>
        {
            Seize(kernel, tracee.Pid);
            Signal(tracee.Pid, Linux.SIGSTOP);
            Assert.Equal(WaitStatus.ForStop(Linux.SIGSTOP), Next(kernel, tracee.Pid));
            Assert.True(kernel.Continue(tracee.Pid, Linux.SIGSTOP));
            Assert.Equal(groupStop, Next(kernel, tracee.Pid));
            Assert.True(kernel.Listen(tracee.Pid));
            Assert.True(kernel.Interrupt(tracee.Pid));
            Assert.Equal(groupStop, Next(kernel, tracee.Pid));
            Assert.True(kernel.Listen(tracee.Pid));
            Signal(tracee.Pid, Linux.SIGCONT);
            Assert.Equal(WaitStatus.ForStop(Linux.SIGTRAP, PtraceEvent.PTRACE_EVENT_STOP), Next(kernel, tracee.Pid));
            Assert.True(kernel.Continue(tracee.Pid, 0));
            Assert.Equal(WaitStatus.ForStop(Linux.SIGCONT), Next(kernel, tracee.Pid));
            Assert.True(kernel.Continue(tracee.Pid, Linux.SIGCONT));
        });
        await GoAsync(tracee);
    }

    [Fact]
    public async Task Seizing_a_stopped_process_gives_a_group_stop_at_once()
    {
        Tracee tracee = await WaitingAsync();
        Signal(tracee.Pid, Linux.SIGSTOP);
        await tracee.Parent.ExpectAsync("stopped 19");
        await OnTracerThread(kernel =>
        {
            Seize(kernel, tracee.Pid);
            Assert.Equal(WaitStatus.ForStop(Linux.SIGSTOP, PtraceEvent.PTRACE_EVENT_STOP), Next(kernel, tracee.Pid));
            Assert.True(kernel.Listen(tracee.Pid));
        });
        Signal(tracee.Pid, Linux.SIGCONT);
        await tracee.Parent.ExpectAsync("continued");
        await GoAsync(tracee);
    }

    [Theory]
    [InlineData(0, 1)] // epoll_wait
    [InlineData(1, 1)] // semop
    [InlineData(2, 1)] // sigtimedwait
    [InlineData(3, 0)] // nanosleep
    public async Task Interrupt_makes_some_calls_return_EINTR(int thread, int interrupted)
    {
        Tracee tracee = await StartAsync("waits", "calls");
        int[] pair = [.. (await tracee.Output.NextAsync()).Split(' ')[thread].Split(':')
            .Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        await Deadline.Until(() => Proc.SystemCall(tracee.Pid, pair[0]) == pair[1], "the thread is in its call");
        await OnTracerThread(kernel =>
        {
            Seize(kernel, pair[0]);
            Assert.True(kernel.Interrupt(pair[0]));
            Next(kernel, pair[0]);
            Assert.True(kernel.Continue(pair[0], 0));
        });
        tracee.Send("go");
        Assert.Equal($"interrupted {interrupted}", await tracee.Output.NextAsync());
    }

    [Fact]
    public async Task Zombie_leader_cannot_be_seized_but_its_threads_can()
    {
        Tracee tracee = await StartAsync("leaders");
        await tracee.Output.ExpectAsync("ready");
        await OnTracerThread(kernel =>
        {
            Assert.Equal(Linux.EPERM, kernel.Seize(tracee.Pid, PtraceOptions.None));
            foreach (int thread in Proc.Threads(tracee.Pid).Where(tid => tid != tracee.Pid))
                Seize(kernel, thread);
        });
        tracee.Send("exit");
        await tracee.Parent.ExpectAsync("exited 6");
    }

    /// <summary>
    /// Since Linux 5.13 (ptrace.c, looks_like_a_spurious_pid): a tracer that has not waited for the event may mean the old
    /// leader by this tid, and so is refused.
    /// </summary>
    [Fact]
    public async Task Thread_that_took_over_the_leader_by_an_exec_refuses_requests_until_its_event_is_waited_for()
    {
        Tracee tracee = await StartAsync("execs", "thread", "at-a-line");
        int former = int.Parse(await tracee.Output.NextAsync(), CultureInfo.InvariantCulture);
        await OnTracerThread(kernel =>
        {
            // Not the other threads: the exec would wait until we had reaped them.
            Assert.Equal(0, kernel.Seize(tracee.Pid, PtraceOptions.PTRACE_O_TRACEEXEC));
            Assert.Equal(0, kernel.Seize(former, PtraceOptions.PTRACE_O_TRACEEXEC));
            tracee.Send("go");
            Assert.Equal(PtraceEvent.PTRACE_EVENT_EXEC, Next(kernel, tracee.Pid).Event);
            Assert.False(kernel.GetEventMessage(tracee.Pid, out _));
            Assert.False(kernel.Continue(tracee.Pid, 0));
            Assert.True(kernel.ConsumeStop(tracee.Pid));
            Assert.True(kernel.GetEventMessage(tracee.Pid, out long message));
            Assert.Equal(former, message);
            Assert.True(kernel.Continue(tracee.Pid, 0));
        });
        await tracee.Parent.ExpectAsync("exited 6");
    }

    [Fact]
    public async Task Dying_tracee_refuses_requests_and_is_reported_dead()
    {
        Tracee tracee = await WaitingAsync();
        await OnTracerThread(kernel =>
        {
            Seize(kernel, tracee.Pid);
            Assert.True(kernel.Interrupt(tracee.Pid));
            Next(kernel, tracee.Pid);
            Signal(tracee.Pid, Linux.SIGKILL);
            Assert.False(kernel.Continue(tracee.Pid, 0));
            WaitStatus status;
            while (!(status = Next(kernel, tracee.Pid)).HasEnded)
                Thread.Yield();
            Assert.Equal(WaitStatus.ForKill(Linux.SIGKILL), status);
            Assert.True(kernel.Reap(tracee.Pid, out _));
        });
        await tracee.Parent.ExpectAsync("killed 9");
    }

    private static void Signal(int pid, int signal) => Assert.Equal(0, Native.kill(pid, signal));

    private static void Seize(LinuxKernel kernel, int tid) => Assert.Equal(0, kernel.Seize(tid, PtraceOptions.None));

    /// <summary>The next stop of the tracee, which stays reportable.</summary>
    private static WaitStatus Next(LinuxKernel kernel, int tid)
    {
        long start = Stopwatch.GetTimestamp();
        WaitStatus status;
        while (!kernel.PeekOne(tid, out status))
        {
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(20))
                throw new TimeoutException($"no stop of {tid}:\n{Proc.Describe(tid)}");
            Thread.Yield();
        }

        return status;
    }

    private static async Task GoAsync(Tracee tracee)
    {
        tracee.Send("go");
        await tracee.Parent.ExpectAsync("exited 0");
    }

    private async Task<Tracee> WaitingAsync()
    {
        Tracee tracee = await StartAsync("tree", "0", "0", "0");
        await tracee.Output.ExpectAsync("1");
        return tracee;
    }

    /// <summary>Runs on a thread of its own; when this returns that thread is gone, and the kernel has let all go.</summary>
    private async Task OnTracerThread(Action<LinuxKernel> act)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int tid = 0;
        var thread = new Thread(() =>
        {
            try
            {
                using var kernel = new LinuxKernel();
                tid = kernel.TracerTid;
                act(kernel);
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        thread.Start();
        await Deadline.Of(done.Task, "the work of the tracer");
        await Deadline.Until(() => !Directory.Exists($"/proc/self/task/{tid}"), "the end of the tracer thread");
    }
}
