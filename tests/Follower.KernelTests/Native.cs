using System.Runtime.InteropServices;

namespace ForkFollow.Follower.KernelTests;

/// <summary>What the tests need of libc beyond the follower's own bindings.</summary>
internal static partial class Native
{
    internal const int SIGKILL = 9;
    internal const int SIGUSR1 = 10;
    internal const int SIGTERM = 15;
    internal const int SIGCONT = 18;
    internal const int SIGSTOP = 19;
    internal const int SIGTSTP = 20;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    /// <summary>Into libc's own environment, which a launched program gets; .NET keeps a copy of its own.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libc")]
    internal static partial uint geteuid();
}
