using System.Buffers.Text;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>
/// Which signals this process was started with as ignored, and as blocked: a command that we launch is started with the same. Signal n
/// is bit n-1. Nobody keeps them for us: the .NET runtime has taken some signals for itself before any managed code runs.
/// Any thread.
/// </summary>
public sealed record InheritedSignals
{
    /// <summary>
    /// The runtime's and libc's own by the time that managed code runs: whether these were ignored cannot be seen any more. SIGILL,
    /// SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGTERM, 33, SIGRTMIN.
    /// </summary>
    private const ulong Hidden =
        (1UL << (4 - 1)) | (1UL << (5 - 1)) | (1UL << (6 - 1)) | (1UL << (7 - 1)) | (1UL << (8 - 1)) | (1UL << (11 - 1))
        | (1UL << (Linux.SIGTERM - 1)) | (3UL << (33 - 1));

    private static InheritedSignals? _current;

    /// <param name="ignored">The ignored ones.</param>
    /// <param name="blocked">The blocked ones.</param>
    public InheritedSignals(ulong ignored, ulong blocked) => (Ignored, Blocked) = (ignored, blocked);

    /// <summary>
    /// What is passed on. A program that kept them before the runtime started sets it; otherwise it is found when it is first asked
    /// for, and that should be early, as a handler that is installed later hides more: what is ignored now but for SIGPIPE, which
    /// the runtime ignores for itself; and of those that it has taken, what our parent ignores.
    /// </summary>
    public static InheritedSignals Current
    {
        get => _current ?? Interlocked.CompareExchange(ref _current, Find(), null) ?? _current;
        set => _current = value;
    }

    /// <summary>The ignored ones.</summary>
    public ulong Ignored { get; }

    /// <summary>The blocked ones.</summary>
    public ulong Blocked { get; }

    private static InheritedSignals Find()
    {
        InheritedSignals ours = Of(Linux.gettid());
        InheritedSignals parents = Of(LibC.getppid());
        return new((ours.Ignored & ~(1UL << (Linux.SIGPIPE - 1))) | (parents.Ignored & Hidden), ours.Blocked);
    }

    private static InheritedSignals Of(int tid)
    {
        using var buffer = new ProcBuffer();
        return ProcFile.Read(tid, "status"u8, buffer, out ReadOnlySpan<byte> status) == ProcOutcome.Read
            ? new(SetIn(status, "\nSigIgn:\t"u8), SetIn(status, "\nSigBlk:\t"u8))
            : new(0, 0);
    }

    private static ulong SetIn(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name)
    {
        int at = status.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(status[(at + name.Length)..], out ulong set, out _, 'x') ? set : 0;
    }
}
