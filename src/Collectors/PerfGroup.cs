using ForkFollow.Collectors.Interop;

namespace ForkFollow.Collectors;

/// <summary>
/// The events of one perf group on one task and the threads it will make. Opened on the tracer thread, read and closed on
/// the closer thread.
/// </summary>
internal sealed unsafe class PerfGroup
{
    internal const int MaxEvents = 8;

    private const PerfReadFormat Format =
        PerfReadFormat.PERF_FORMAT_GROUP | PerfReadFormat.PERF_FORMAT_TOTAL_TIME_ENABLED
        | PerfReadFormat.PERF_FORMAT_TOTAL_TIME_RUNNING;

    private static readonly CounterEvent _probe =
        new("dummy", PerfType.PERF_TYPE_SOFTWARE, LibC.PERF_COUNT_SW_DUMMY);

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
        int fd = LibC.perf_event_open(&attr, tid, -1, _fds[0], LibC.PERF_FLAG_FD_CLOEXEC);
        if (fd < 0)
            return LibC.Errno is not (LibC.ENODEV or LibC.EINVAL); // EINVAL before 6.15
        _ = LibC.close(fd);
        return true;
    }

    internal static perf_event_attr Attributes(CounterEvent one, bool userOnly) => new()
    {
        type = one.Type,
        size = perf_event_attr.PERF_ATTR_SIZE_VER7,
        config = one.Config,
        read_format = Format,
        flags = PerfAttrFlags.inherit | PerfAttrFlags.inherit_thread | PerfAttrFlags.exclude_hv
            | (userOnly ? PerfAttrFlags.exclude_kernel : PerfAttrFlags.None),
    };

    /// <summary>Opens the events on a task. Returns 0 or an errno; then nothing is open.</summary>
    internal int Open(CounterEvent[] events, bool userOnly, int tid)
    {
        foreach (CounterEvent one in events)
        {
            perf_event_attr attr = Attributes(one, userOnly);
            int leader = _count == 0 ? -1 : _fds[0];
            int fd = LibC.perf_event_open(&attr, tid, -1, leader, LibC.PERF_FLAG_FD_CLOEXEC);
            if (fd < 0)
            {
                int errno = LibC.Errno;
                Close();
                return errno;
            }

            _fds[_count++] = fd;
        }

        return 0;
    }

    /// <summary>Adds the counts to <paramref name="sums"/>; those of a group that shared the PMU are scaled up.</summary>
    internal void AddTo(Span<long> sums)
    {
        // nr, time enabled, time running, values
        ulong* data = stackalloc ulong[3 + MaxEvents];
        nint expected = (3 + _count) * sizeof(ulong);
        if (LibC.read(_fds[0], data, (nuint)expected) != expected)
            throw new IOException($"reading a perf group failed with errno {LibC.Errno}");
        double scale = data[2] == 0 ? 1 : (double)data[1] / data[2];
        for (int i = 0; i < _count; i++)
            sums[i] += data[2] == data[1] ? (long)data[3 + i] : (long)(data[3 + i] * scale);
    }

    internal void Close()
    {
        // The leader last: closing it first would make each sibling a group of its own.
        for (int i = _count - 1; i >= 0; i--)
            _ = LibC.close(_fds[i]);
        _count = 0;
    }
}
