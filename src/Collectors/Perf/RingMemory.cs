using System.Globalization;
using System.Runtime.InteropServices;
using ForkFollow.Native;

namespace ForkFollow.Collectors.Perf;

/// <summary>
/// What rings cost and may cost. They are locked memory: a user may have perf_event_mlock_kb of it for each CPU, and RLIMIT_MEMLOCK
/// besides; who has CAP_IPC_LOCK as much as there is (perf_mmap, kernel/events/core.c), also more than the machine can do without.
/// </summary>
internal static unsafe class RingMemory
{
    /// <summary>Why rings of that size must not be had; null if nothing is against them.</summary>
    internal static string? Object(int pages, int rings)
    {
        long available = MemoryAvailable();
        return Size(pages, rings) <= available / 2
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{rings} rings of {pages} pages are {Size(pages, rings) >> 20} MiB of memory, and of the {available >> 20} MiB that "
                + $"this machine has left they may be half; say a lower --mmap-pages");
    }

    /// <summary>Why they cannot be had.</summary>
    internal static string Explain(int errno, int pages, int cpus)
    {
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"rings of {pages} pages for each of {cpus} CPUs, {Size(pages, cpus) >> 10} KiB of locked memory, cannot be had: ");
        return errno switch
        {
            Linux.EPERM => string.Create(
                CultureInfo.InvariantCulture,
                $"{what}without CAP_IPC_LOCK a user may have {MlockKb()} KiB for each CPU (kernel.perf_event_mlock_kb) and {LockedKb()} "
                + $"KiB besides (ulimit -l); raise one of them, run with CAP_IPC_LOCK, or say a lower --mmap-pages"),
            _ => $"{what}{Marshal.GetPInvokeErrorMessage(errno)}; say a lower --mmap-pages",
        };
    }

    private static long Size(int pages, int cpus) => (pages + 1L) * Environment.SystemPageSize * cpus;

    private static long MemoryAvailable()
    {
        try
        {
            return ProcFile.Field(File.ReadAllBytes("/proc/meminfo"), "MemAvailable:"u8) << 10;
        }
        catch (IOException)
        {
            return long.MaxValue; // not known: the kernel will say
        }
    }

    private static string MlockKb()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/perf_event_mlock_kb").Trim();
        }
        catch (IOException)
        {
            return "some";
        }
    }

    private static string LockedKb()
    {
        rlimit limit;
        if (Linux.prlimit(0, Linux.RLIMIT_MEMLOCK, null, &limit) != 0)
            return "some";
        return limit.rlim_cur == ulong.MaxValue ? "any" : (limit.rlim_cur >> 10).ToString(CultureInfo.InvariantCulture);
    }
}
