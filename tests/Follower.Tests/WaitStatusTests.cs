using ForkFollow.Native;

namespace ForkFollow.Follower.Tests;

public sealed class WaitStatusTests
{
    [Fact]
    public void Each_exit_code_reads_back()
    {
        for (int code = 0; code < 256; code++)
        {
            WaitStatus status = WaitStatus.FromWaitId(Linux.CLD_EXITED, code);
            Assert.True(status is { Exited: true, HasEnded: true, Killed: false, Stopped: false });
            Assert.Equal(code, status.ExitCode);
            Assert.Equal(code << 8, status.Raw);
        }
    }

    [Fact]
    public void Each_death_by_signal_reads_back()
    {
        for (int signal = 1; signal <= 64; signal++)
        {
            WaitStatus killed = WaitStatus.FromWaitId(Linux.CLD_KILLED, signal);
            WaitStatus dumped = WaitStatus.FromWaitId(Linux.CLD_DUMPED, signal);
            Assert.True(killed is { Killed: true, HasEnded: true, Exited: false, Stopped: false, DumpedCore: false });
            Assert.True(dumped is { Killed: true, DumpedCore: true });
            Assert.Equal(signal, killed.TermSignal);
            Assert.Equal(signal, dumped.TermSignal);
        }
    }

    [Theory]
    [InlineData(0x0005_7f, false, false, true)] // SIGTRAP delivery
    [InlineData(0x0085_7f, false, true, false)] // syscall-stop
    [InlineData(0x80137f, true, false, false)] // group-stop by SIGSTOP
    [InlineData(0x80057f, false, false, false)] // event stop
    [InlineData(0x00137f, false, false, true)] // SIGSTOP delivery
    [InlineData(0x04057f, false, false, false)] // exec event
    public void Each_kind_of_stop_is_told_apart(int raw, bool group, bool syscall, bool delivery)
    {
        var status = new WaitStatus(raw);
        Assert.True(status.Stopped);
        Assert.Equal(group, status.IsGroupStop);
        Assert.Equal(syscall, status.IsSyscallStop);
        Assert.Equal(delivery, status.IsSignalDelivery);
        Assert.Equal(status, WaitStatus.FromWaitId(Linux.CLD_TRAPPED, raw >> 8));
    }

    [Fact]
    public void It_is_told_in_the_words_of_the_man_page()
    {
        Assert.Equal("exited 3", WaitStatus.ForExit(3).ToString());
        Assert.Equal("killed by SIGSEGV", WaitStatus.ForKill(11, core: true).ToString());
        Assert.Equal("PTRACE_EVENT_STOP SIGTSTP", WaitStatus.ForStop(20, PtraceEvent.PTRACE_EVENT_STOP).ToString());
        Assert.Equal("signal-delivery-stop SIGRTMIN+1", WaitStatus.ForStop(35).ToString());
    }
}
