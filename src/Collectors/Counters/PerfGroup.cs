using ForkFollow.Collectors.EventNames;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Collectors;

/// <summary>
/// The events of one perf group on one task and the threads it will make. Opened on the tracer thread, read and closed on
/// the closer thread.
/// </summary>
internal sealed unsafe class PerfGroup
{
    internal const int MaxEvents = CounterEvent.MaxInGroup;
    private const int MaxTries = 5;

    private const PerfReadFormat Format =
        PerfReadFormat.PERF_FORMAT_GROUP | PerfReadFormat.PERF_FORMAT_TOTAL_TIME_ENABLED
        | PerfReadFormat.PERF_FORMAT_TOTAL_TIME_RUNNING;

    private static readonly CounterEvent _probe =
        new("dummy", PerfType.PERF_TYPE_SOFTWARE, Linux.PERF_COUNT_SW_DUMMY);

    private readonly int[] _fds = new int[MaxEvents];
    private int _count;

    internal bool IsOpen => _count > 0;

    /// <summary>
    /// Whether the events still count for a task. They do not after it has executed a set-id or unreadable program,
    /// which perf must not watch. poll(2) cannot tell (without a ring it says POLLHUP always); but a dead group takes no
    /// new member.
    /// </summary>
    internal bool LivesOn(int tid)
    {
        perf_event_attr attr = Attributes(_probe, userOnly: true);
        attr.flags |= PerfAttrFlags.disabled;
        int fd = Linux.perf_event_open(&attr, tid, -1, _fds[0], Linux.PERF_FLAG_FD_CLOEXEC);
        if (fd < 0)
            return Linux.Errno is not (Linux.ENODEV or Linux.EINVAL); // EINVAL before 6.15
        _ = LibC.close(fd);
        return true;
    }

    internal static perf_event_attr Attributes(CounterEvent one, bool userOnly) => new()
    {
        type = one.Type,
        size = perf_event_attr.PERF_ATTR_SIZE_VER7,
        config = one.Config,
        config1 = one.Config1,
        config2 = one.Config2,
        read_format = Format,
        flags = PerfAttrFlags.inherit | PerfAttrFlags.inherit_thread | one.Exclude
            | (userOnly ? PerfAttrFlags.exclude_kernel : PerfAttrFlags.None),
    };

    /// <summary>
    /// Opens the events on a task. The leader is opened disabled, its siblings are not, and then it is enabled: so all begin
    /// at the same moment, and one call out of all interrupts the task's CPU (docs/adr/0011-counter-groups.md).
    /// </summary>
    /// <returns>0 or an errno; then nothing is open.</returns>
    internal int Open(CounterEvent[] events, bool userOnly, int tid)
    {
        // Of a process that makes threads all the time the kernel says ENODEV, or EINVAL to a sibling, now and then (seen on 6.18); as a
        // rule not again at once.
        int errno;
        int tries = 0;
        do
            errno = OpenOnce(events, userOnly, tid);
        while (errno is Linux.ENODEV or Linux.EINVAL && ++tries < MaxTries);
        return errno;
    }

    private int OpenOnce(CounterEvent[] events, bool userOnly, int tid)
    {
        foreach (CounterEvent one in events)
        {
            perf_event_attr attr = Attributes(one, userOnly);
            if (_count == 0)
                attr.flags |= PerfAttrFlags.disabled;
            int leader = _count == 0 ? -1 : _fds[0];
            int fd = Linux.perf_event_open(&attr, tid, -1, leader, Linux.PERF_FLAG_FD_CLOEXEC);
            if (fd < 0)
                return Fail();
            _fds[_count++] = fd;
        }

        // Not with PERF_IOC_FLAG_GROUP: the siblings are enabled. Threads that have inherited the leader are enabled too.
        return LibC.ioctl(_fds[0], Linux.PERF_EVENT_IOC_ENABLE, 0) == 0 ? 0 : Fail();
    }

    /// <summary>Adds the counts to <paramref name="sums"/>; those of a group that shared the PMU are scaled up.</summary>
    /// <returns>
    /// 0 or an errno. ECHILD: a thread was born between the openings of two of them, so that it has inherited a part alone, and the
    /// kernel gives no sum.
    /// </returns>
    internal int AddTo(Span<long> sums)
    {
        // nr, time enabled, time running, values
        ulong* data = stackalloc ulong[3 + MaxEvents];
        nint expected = (3 + _count) * sizeof(ulong);
        long got = LibC.read(_fds[0], data, (int)expected);
        if (got != expected)
            return got < 0 ? Linux.Errno : Linux.EINVAL;
        double scale = data[2] == 0 ? 1 : (double)data[1] / data[2];
        for (int i = 0; i < _count; i++)
            sums[i] += data[2] == data[1] ? (long)data[3 + i] : (long)(data[3 + i] * scale);
        return 0;
    }

    private int Fail()
    {
        int errno = Linux.Errno;
        Close();
        return errno;
    }

    internal void Close()
    {
        // The leader last: closing it first would make each sibling a group of its own.
        for (int i = _count - 1; i >= 0; i--)
            _ = LibC.close(_fds[i]);
        _count = 0;
    }
}
