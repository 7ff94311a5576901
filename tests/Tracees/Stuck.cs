using System.Diagnostics;
using System.Globalization;

namespace ForkFollow.Tests;

/// <summary>
/// stuck.c: a process whose /proc/PID/cmdline and environ nobody can read, as of one that hangs on a dead file server. Who looks at all
/// processes of the machine hangs as long as it lives: not long.
/// </summary>
internal static class Stuck
{
    internal static string? Missing => Machine.MountNamespace
        ?? (File.Exists("/dev/fuse") ? null : "there is no /dev/fuse (modprobe fuse)");

    /// <summary>Starts one. It ends with its parent, which is returned.</summary>
    internal static Started Begin(out int pid)
    {
        Started parent = Started.Begin(new ProcessStartInfo(Path.Combine(Metadata.Of("TraceeFolder"), "stuck"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        });
        string line = parent.StandardOutput.Line() ?? "";
        Assert.StartsWith("stuck ", line, StringComparison.Ordinal);
        pid = int.Parse(line[6..], CultureInfo.InvariantCulture);
        return parent;
    }
}
