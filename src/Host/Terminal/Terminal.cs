using System.Globalization;
using System.Text;
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

    /// <summary>Whether it understands how a line is erased.</summary>
    internal static bool CanErase => Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

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
    /// Whether we are in the foreground of our terminal: then nobody else's prompt is on it, and it has sent its Ctrl-C to the
    /// workload as well, which is in the same process group.
    /// </summary>
    internal static bool InForeground
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

    /// <summary>
    /// Whether standard input, output or error of a process is the terminal of our standard error, by whatever name. Of what is no
    /// device its name alone is looked at: a file server may hang.
    /// </summary>
    internal static bool IsOpenIn(int pid)
    {
        Span<byte> name = stackalloc byte[256];
        for (int fd = 0; fd <= LibC.STDERR_FILENO; fd++)
        {
            string link = string.Create(CultureInfo.InvariantCulture, $"fd/{fd}");
            if (ProcFile.ReadLink(pid, Encoding.ASCII.GetBytes(link), name, out ReadOnlySpan<byte> target) == ProcOutcome.Read
                && target.StartsWith("/dev/"u8)
                && Linux.stat($"/proc/{pid}/{link}", out statx_t theirs) == 0
                && Linux.stat($"/proc/self/fd/{LibC.STDERR_FILENO}", out statx_t ours) == 0
                && (theirs.stx_dev_major, theirs.stx_dev_minor, theirs.stx_ino) == (ours.stx_dev_major, ours.stx_dev_minor, ours.stx_ino))
            {
                return true;
            }
        }

        return false;
    }
}
