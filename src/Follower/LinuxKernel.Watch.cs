using System.Buffers.Text;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>What is asked of an init that crashes, and its end once it is not traced any more.</summary>
internal sealed unsafe partial class LinuxKernel
{
    private const int SignalInfoSize = 128; // siginfo_t
    private const int SignalCodeAt = 8; // si_code

    /// <inheritdoc/>
    public bool IsInit(int pid)
    {
        // NSpid: its pid in each namespace, from ours down to its own.
        ReadOnlySpan<byte> line = Line(pid, "\nNSpid:"u8);
        return line.EndsWith("\t1"u8);
    }

    /// <inheritdoc/>
    public bool IsFatalFault(int pid, int tid, int signal)
    {
        byte* info = stackalloc byte[SignalInfoSize];
        if (!Request(PtraceRequest.PTRACE_GETSIGINFO, tid, (nint)info) || *(int*)(info + SignalCodeAt) <= 0)
            return false;
        ReadOnlySpan<byte> handled = Line(pid, "\nSigCgt:\t"u8);
        return Utf8Parser.TryParse(handled, out ulong set, out _, 'x') && (set & (1UL << (signal - 1))) == 0;
    }

    /// <inheritdoc/>
    public bool WatchEnd(int pid, Action<WaitStatus?> ended)
    {
        int pidfd = Linux.pidfd_open(pid);
        if (pidfd < 0)
            return false;
        var thread = new Thread(() => Watch(pidfd, ended)) { Name = "end watch", IsBackground = true };
        thread.Start();
        return true;
    }

    /// <inheritdoc/>
    public void Pause() => _ = LibC.poll(null, 0, -1);

    private static void Watch(int pidfd, Action<WaitStatus?> ended)
    {
        pollfd end = new() { fd = pidfd, events = LibC.POLLIN };
        while (LibC.poll(&end, 1, -1) < 0 && Linux.Errno == Linux.EINTR)
        {
        }

        bool told = Linux.TryGetExit(pidfd, out int status);
        _ = LibC.close(pidfd);
        ended(told ? new(status) : null);
    }

    /// <summary>What a line of /proc/PID/status has behind its name; empty if the process is gone. Valid until the next read.</summary>
    private ReadOnlySpan<byte> Line(int pid, ReadOnlySpan<byte> name)
    {
        if (ProcFile.Read(pid, "status"u8, _proc, out ReadOnlySpan<byte> text) != ProcOutcome.Read)
            return default;
        int at = text.IndexOf(name);
        if (at < 0)
            return default;
        text = text[(at + name.Length)..];
        int end = text.IndexOf((byte)'\n');
        return end < 0 ? text : text[..end];
    }
}
