using System.Runtime.InteropServices;

namespace ForkFollow.Native;

/// <summary>
/// What of Linux Tmds.LibC does not bind: by C names, one file per C header, so that a reader of man pages is at home. All other
/// functions are <see cref="Tmds.Linux.LibC"/>'s. Any thread; errno is the calling thread's, of its last call.
/// </summary>
public static unsafe partial class Linux
{
    // Constants where Tmds.LibC has properties: patterns need constants.
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENOEXEC = 8;
    public const int ECHILD = 10;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int EXDEV = 18;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int EINVAL = 22;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int EFBIG = 27;
    public const int ENOTEMPTY = 39;
    public const int ELOOP = 40;
    public const int EOPNOTSUPP = 95;

    private const string Library = "libc";

    /// <summary>errno of the last call on this thread.</summary>
    public static int Errno => Marshal.GetLastPInvokeError();

    /// <summary>The system's words for an errno, as strerror(3) gives them.</summary>
    public static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
