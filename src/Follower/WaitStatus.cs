using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>
/// What wait(2) says of one tracee: the raw status word, laid out as waitpid returns it (bits 0 to 7: how; 8 to 15:
/// exit code or stop signal; 16 and up: ptrace event).
/// </summary>
internal readonly record struct WaitStatus(int Raw)
{
    private const int CoreFlag = 0x80;
    private const int SysGoodFlag = 0x80;

    internal bool Exited => (Raw & 0x7f) == 0;

    internal bool Stopped => (Raw & 0xff) == 0x7f;

    internal bool Killed => !Exited && !Stopped;

    /// <summary>Exited or killed: the tracee is a zombie now, and gone once reaped.</summary>
    internal bool HasEnded => !Stopped;

    internal int ExitCode => (Raw >> 8) & 0xff;

    internal int TermSignal => Raw & 0x7f;

    internal bool DumpedCore => Killed && (Raw & CoreFlag) != 0;

    internal int StopSignal => (Raw >> 8) & 0xff;

    internal PtraceEvent Event => Stopped ? (PtraceEvent)(Raw >> 16) : PtraceEvent.None;

    /// <summary>A child was born: the event message holds its tid.</summary>
    internal bool IsBirthEvent =>
        Event is PtraceEvent.PTRACE_EVENT_FORK or PtraceEvent.PTRACE_EVENT_VFORK or PtraceEvent.PTRACE_EVENT_CLONE;

    /// <summary>Stopped with its whole group by SIGSTOP, SIGTSTP, SIGTTIN or SIGTTOU.</summary>
    internal bool IsGroupStop =>
        Event == PtraceEvent.PTRACE_EVENT_STOP
        && StopSignal is Linux.SIGSTOP or Linux.SIGTSTP or Linux.SIGTTIN or Linux.SIGTTOU;

    /// <summary>A syscall-stop, told from a SIGTRAP by PTRACE_O_TRACESYSGOOD.</summary>
    internal bool IsSyscallStop =>
        Stopped && Event == PtraceEvent.None && StopSignal == (Linux.SIGTRAP | SysGoodFlag);

    /// <summary>A signal is about to be delivered; it is lost unless it is passed on at the resume.</summary>
    internal bool IsSignalDelivery => Stopped && Event == PtraceEvent.None && !IsSyscallStop;

    /// <summary>
    /// A signal that the processor's refusal of an instruction makes, as a rule: if nothing comes of it, the instruction is done again.
    /// </summary>
    internal bool IsFault =>
        IsSignalDelivery && StopSignal is Linux.SIGILL or Linux.SIGBUS or Linux.SIGFPE or Linux.SIGSEGV;

    internal static WaitStatus ForExit(int code) => new((code & 0xff) << 8);

    internal static WaitStatus ForKill(int signal, bool core = false) => new(signal | (core ? CoreFlag : 0));

    internal static WaitStatus ForStop(int signal, PtraceEvent ptraceEvent = PtraceEvent.None) =>
        new(((int)ptraceEvent << 16) | (signal << 8) | 0x7f);

    /// <summary>The same word from waitid(2)'s si_code and si_status.</summary>
    internal static WaitStatus FromWaitId(int code, int status) => code switch
    {
        Linux.CLD_EXITED => ForExit(status),
        Linux.CLD_KILLED => ForKill(status),
        Linux.CLD_DUMPED => ForKill(status, core: true),
        _ => new((status << 8) | 0x7f),
    };

    /// <inheritdoc/>
    public override string ToString() =>
        Exited ? $"exited {ExitCode}"
        : Killed ? $"killed by {Signals.Name(TermSignal)}"
        : Event != PtraceEvent.None ? $"{Event} {Signals.Name(StopSignal)}"
        : IsSyscallStop ? "syscall-stop"
        : $"signal-delivery-stop {Signals.Name(StopSignal)}";
}
