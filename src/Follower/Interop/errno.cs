using System.Runtime.InteropServices;

namespace ForkFollow.Follower.Interop;

internal static partial class LibC
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int ESRCH = 3;
    internal const int EINTR = 4;
    internal const int ENOEXEC = 8;
    internal const int ECHILD = 10;
    internal const int EACCES = 13;
    internal const int ENOTDIR = 20;

    /// <summary>errno of the last call on this thread.</summary>
    internal static int Errno => Marshal.GetLastPInvokeError();

    /// <summary>The system's words for an errno, as strerror(3) gives them.</summary>
    internal static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
