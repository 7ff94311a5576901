using System.Diagnostics;
using System.Runtime.InteropServices;
using ForkFollow.Collectors.Interop;

namespace ForkFollow.Collectors.Tests;

/// <summary>What Interop declares against what the C headers say, by a program that the C compiler makes of them.</summary>
public sealed class LayoutTests
{
    [Fact]
    public async Task Sizes_offsets_and_constants_are_those_of_the_headers()
    {
        using Process layout = Process.Start(new ProcessStartInfo(Runs.Tracee("perf_layout")) { RedirectStandardOutput = true })!;
        string text = await layout.StandardOutput.ReadToEndAsync();
        Dictionary<string, long> c = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')).ToDictionary(pair => pair[0], pair => long.Parse(pair[1]));

        Dictionary<string, long> ours = new()
        {
            ["type"] = (long)Marshal.OffsetOf<perf_event_attr>("type"),
            ["size"] = (long)Marshal.OffsetOf<perf_event_attr>("size"),
            ["config"] = (long)Marshal.OffsetOf<perf_event_attr>("config"),
            ["read_format"] = (long)Marshal.OffsetOf<perf_event_attr>("read_format"),
            ["flags"] = (long)Marshal.OffsetOf<perf_event_attr>("flags"),
            ["PERF_ATTR_SIZE_VER7"] = Marshal.SizeOf<perf_event_attr>(),
            ["SYS_perf_event_open"] = LibC.SYS_perf_event_open,
            ["disabled"] = (long)PerfAttrFlags.disabled,
            ["inherit"] = (long)PerfAttrFlags.inherit,
            ["exclude_kernel"] = (long)PerfAttrFlags.exclude_kernel,
            ["exclude_hv"] = (long)PerfAttrFlags.exclude_hv,
            ["inherit_thread"] = (long)PerfAttrFlags.inherit_thread,
            ["TASK_CLOCK"] = (long)LibC.PERF_COUNT_SW_TASK_CLOCK,
            ["PAGE_FAULTS"] = (long)LibC.PERF_COUNT_SW_PAGE_FAULTS,
            ["CONTEXT_SWITCHES"] = (long)LibC.PERF_COUNT_SW_CONTEXT_SWITCHES,
            ["CPU_MIGRATIONS"] = (long)LibC.PERF_COUNT_SW_CPU_MIGRATIONS,
            ["DUMMY"] = (long)LibC.PERF_COUNT_SW_DUMMY,
            ["CYCLES"] = (long)LibC.PERF_COUNT_HW_CPU_CYCLES,
            ["INSTRUCTIONS"] = (long)LibC.PERF_COUNT_HW_INSTRUCTIONS,
            ["CACHE_MISSES"] = (long)LibC.PERF_COUNT_HW_CACHE_MISSES,
            ["BRANCH_MISSES"] = (long)LibC.PERF_COUNT_HW_BRANCH_MISSES,
            ["FLAG_FD_CLOEXEC"] = (long)LibC.PERF_FLAG_FD_CLOEXEC,
            ["FORMAT"] = (long)(PerfReadFormat.PERF_FORMAT_GROUP
                | PerfReadFormat.PERF_FORMAT_TOTAL_TIME_ENABLED | PerfReadFormat.PERF_FORMAT_TOTAL_TIME_RUNNING),
            ["EPERM"] = LibC.EPERM,
            ["ESRCH"] = LibC.ESRCH,
            ["EACCES"] = LibC.EACCES,
            ["ENODEV"] = LibC.ENODEV,
            ["EINVAL"] = LibC.EINVAL,
            ["EMFILE"] = LibC.EMFILE,
        };
        Assert.Equal(c.OrderBy(pair => pair.Key), ours.OrderBy(pair => pair.Key));
    }
}
