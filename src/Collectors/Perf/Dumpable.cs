using System.Globalization;
using ForkFollow.Native;

namespace ForkFollow.Collectors.Perf;

/// <summary>
/// Whether a process may be looked at by its own user (prctl PR_GET_DUMPABLE = 1). When a program is executed that is
/// set-id or not readable it may not, and the kernel removes all perf events from it (begin_new_exec).
/// </summary>
internal static class Dumpable
{
    /// <summary>
    /// Reads it off /proc: the files of a process that is not dumpable belong to root, whoever it runs as; and a process
    /// whose real and effective ids differ never is. True if the process is gone.
    /// </summary>
    internal static bool Is(int pid)
    {
        try
        {
            string status = File.ReadAllText($"/proc/{pid}/status");
            return Same(status, "Uid:", out string uid) && Same(status, "Gid:", out _)
                && (uid == "0" || OwnedBy(pid, uid));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static bool Same(string status, string key, out string effective)
    {
        int at = status.IndexOf("\n" + key, StringComparison.Ordinal) + key.Length + 1;
        string[] ids = status[at..status.IndexOf('\n', at)].Split('\t', StringSplitOptions.RemoveEmptyEntries);
        effective = ids[1];
        return ids[0] == ids[1];
    }

    private static unsafe bool OwnedBy(int pid, string uid)
    {
        statx_t status;
        return Linux.statx(0, $"/proc/{pid}", 0, Linux.STATX_BASIC_STATS, &status) != 0
            || status.stx_uid == uint.Parse(uid, CultureInfo.InvariantCulture);
    }
}
