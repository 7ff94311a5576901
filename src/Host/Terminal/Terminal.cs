using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Host;

/// <summary>Asks about the terminal. Changes nothing of it: it is the workload's.</summary>
internal static unsafe class Terminal
{
    private const int DefaultWidth = 100;
    private const int OpenReadOnlyNoControl = 0x100 | 0x80000; // O_NOCTTY | O_CLOEXEC

    /// <summary>Whether standard error is a terminal.</summary>
    internal static bool OnStandardError => LibC.isatty(LibC.STDERR_FILENO) == 1;

    /// <summary>Its columns; a readable width if it is none.</summary>
    internal static int Width
    {
        get
        {
            winsize size = default;
            return LibC.ioctl(LibC.STDERR_FILENO, LibC.TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                ? size.ws_col
                : DefaultWidth;
        }
    }

    /// <summary>
    /// Whether we are in the foreground of our terminal: then it has sent its Ctrl-C to the workload as well, which is
    /// in the same process group.
    /// </summary>
    internal static bool SignalsWorkloadToo
    {
        get
        {
            int tty = Linux.open("/dev/tty", OpenReadOnlyNoControl);
            if (tty < 0)
                return false;
            bool foreground = LibC.tcgetpgrp(tty) == LibC.getpgrp();
            _ = LibC.close(tty);
            return foreground;
        }
    }
}
