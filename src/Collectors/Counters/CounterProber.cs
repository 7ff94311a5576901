using System.Runtime.InteropServices;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Native;

namespace ForkFollow.Collectors;

/// <summary>
/// Finds out what can be counted: opens each event once, on ourselves and disabled. What is open then is for the session
/// to keep, whether or not anything was refused.
/// </summary>
internal sealed class CounterProber
{
    private int _firstErrno;
    private string? _refused;

    internal List<CounterEvent[]> Groups { get; private set; } = [];

    internal List<int> References { get; } = [];

    internal bool UserOnly { get; private set; }

    /// <summary>Why nothing can be counted, or not all that was named; null if there is no reason.</summary>
    internal string? Refusal => _refused ?? (Groups.Count > 0 ? null : NoAccess("cannot count events", _firstErrno));

    /// <summary>A group of those that can be counted.</summary>
    internal void AddWhatWorks(CounterEvent[] wanted)
    {
        var group = new List<CounterEvent>();
        foreach (CounterEvent one in wanted)
        {
            int errno = Open(one, leader: -1);
            if (errno == 0)
                group.Add(one);
            else if (_firstErrno == 0)
                _firstErrno = errno;
        }

        if (group.Count > 0)
            Groups.Add([.. group]);
        if (UserOnly)
            Groups = [.. Groups.Select(one => one.Where(e => !e.KernelOnly).ToArray()).Where(one => one.Length > 0)];
    }

    /// <summary>A group as it is, opened as a group: the kernel refuses one that no PMU can ever hold.</summary>
    internal void AddAll(CounterEvent[] group)
    {
        int leader = -1;
        foreach (CounterEvent one in group)
        {
            int errno = _refused is null ? Open(one, leader) : 0;
            if (errno != 0)
                _refused = Describe(one, errno, group);
            else if (UserOnly && (one.KernelOnly || one.Exclude.HasFlag(PerfAttrFlags.exclude_user)))
                _refused = NoAccess(one.Name + " is of the kernel, which may not be counted here", Linux.EACCES);
            if (_refused is not null)
                return;
            leader = leader < 0 ? References[^1] : leader;
        }

        Groups.Add(group);
    }

    private unsafe int Open(CounterEvent one, int leader)
    {
        while (true)
        {
            perf_event_attr attr = PerfGroup.Attributes(one, UserOnly);
            attr.flags |= PerfAttrFlags.disabled;
            int fd = Linux.perf_event_open(&attr, 0, -1, leader, Linux.PERF_FLAG_FD_CLOEXEC);
            if (fd >= 0)
            {
                References.Add(fd);
                return 0;
            }

            int errno = Linux.Errno;
            if (errno != Linux.EACCES || UserOnly)
                return errno;
            UserOnly = true;
        }
    }

    private static string Describe(CounterEvent one, int errno, CounterEvent[] group) => errno switch
    {
        Linux.ENOENT or Linux.ENODEV or Linux.EOPNOTSUPP =>
            $"{one.Name}: this machine has no such counter (virtual machines often have none); leave it out of -e",
        Linux.EINVAL when group.Length > 1 =>
            $"{one.Name}: the kernel refuses it in the group {{{string.Join(',', group.Select(e => e.Name))}}}: "
            + "there may be too few counters; make the group smaller",
        Linux.EACCES or Linux.EPERM => NoAccess($"cannot count {one.Name}", errno),
        _ => $"{one.Name}: the kernel refuses it for a process ({Marshal.GetPInvokeErrorMessage(errno)}); leave it out of -e",
    };

    private static string NoAccess(string what, int errno) =>
        $"{what}: perf_event_open failed: {Marshal.GetPInvokeErrorMessage(errno)}; "
        + (errno is Linux.EACCES or Linux.EPERM
            ? "set kernel.perf_event_paranoid to 2 or less, or run with CAP_PERFMON (in a container, its seccomp profile must "
                + "allow perf_event_open)"
            : "this kernel has no perf events: use --collect rusage");
}
