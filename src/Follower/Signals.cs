using System.Globalization;
using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>Names of signals, as kill -l has them, for x86-64 and arm64.</summary>
public static class Signals
{
    private static readonly string[] _names =
    [
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
        "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
        "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR",
        "SIGSYS", "SIG32", "SIG33",
    ];

    /// <summary>The signal's name; real-time signals as <c>SIGRTMIN+n</c> (glibc's SIGRTMIN is 34).</summary>
    public static string Name(int signal) =>
        signal >= 0 && signal < _names.Length ? _names[signal]
        : signal <= Linux.SIGRTMAX ? "SIGRTMIN+" + (signal - 34).ToString(CultureInfo.InvariantCulture)
        : "signal " + signal.ToString(CultureInfo.InvariantCulture);
}
