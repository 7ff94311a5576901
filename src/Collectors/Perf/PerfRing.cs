using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Collectors.Perf;

/// <summary>
/// The ring buffer of one CPU, which the kernel writes records to and the reader thread takes them from. It belongs to a
/// dummy event of ours that counts nothing; the events of all processes write to it by SET_OUTPUT, which the kernel allows
/// among events of one CPU. A mapping per process would cost some 100 µs each.
/// </summary>
internal sealed unsafe class PerfRing : IDisposable
{
    private readonly nuint _length;
    private readonly byte* _page;
    private readonly byte* _data;
    private readonly ulong _size;

    private PerfRing(int fd, int cpu, bool wholeMachine, nint address, nuint length)
    {
        Fd = fd;
        Cpu = cpu;
        WholeMachine = wholeMachine;
        _length = length;
        _page = (byte*)address;
        _data = _page + Environment.SystemPageSize;
        _size = length - (nuint)Environment.SystemPageSize;
    }

    /// <summary>What SET_OUTPUT takes, and what becomes readable.</summary>
    internal int Fd { get; }

    internal int Cpu { get; }

    /// <summary>
    /// Whether it is for events of the whole machine; else for those of the targets. So what others do never takes the room of what the
    /// targets do, and what a ring has lost is known to be theirs or not.
    /// </summary>
    internal bool WholeMachine { get; }

    /// <summary>Opens the ring of a CPU.</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="wholeMachine">For which events.</param>
    /// <param name="pages">Its size, a power of two; the control page comes on top.</param>
    /// <param name="opened">Whether there was an event to map the ring of.</param>
    /// <param name="errno">Why not; 0 if it is open.</param>
    /// <returns>The ring, or null.</returns>
    internal static PerfRing? Open(int cpu, bool wholeMachine, int pages, out bool opened, out int errno)
    {
        perf_event_attr attr = StreamEvent.Dummy();
        attr.flags |= PerfAttrFlags.disabled | PerfAttrFlags.exclude_kernel;

        // On our main thread: once the thread of a task's event has ended, poll returns at once for ever (POLLHUP).
        int fd = Linux.perf_event_open(&attr, Environment.ProcessId, cpu, -1, Linux.PERF_FLAG_FD_CLOEXEC);
        opened = fd >= 0;
        if (!opened)
        {
            errno = Linux.Errno;
            return null;
        }

        nuint length = (nuint)(pages + 1) * (nuint)Environment.SystemPageSize;
        void* address = LibC.mmap(null, (size_t)(ulong)length, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED, fd, 0);
        if (address == LibC.MAP_FAILED)
        {
            errno = Linux.Errno;
            _ = LibC.close(fd);
            return null;
        }

        errno = 0;
        return new(fd, cpu, wholeMachine, (nint)address, length);
    }

    /// <summary>Takes all records out. Reader thread.</summary>
    internal void Drain(RecordBatch batch)
    {
        ulong head = Volatile.Read(ref *(ulong*)(_page + Linux.MmapPageDataHead));
        ref ulong tailWord = ref *(ulong*)(_page + Linux.MmapPageDataTail);
        ulong tail = tailWord;
        if (head == tail)
            return;

        int length = (int)(head - tail);
        Span<byte> target = batch.Append(length);
        int offset = (int)(tail & (_size - 1));
        int first = Math.Min(length, (int)_size - offset);
        new ReadOnlySpan<byte>(_data + offset, first).CopyTo(target);
        new ReadOnlySpan<byte>(_data, length - first).CopyTo(target[first..]);
        Volatile.Write(ref tailWord, head);
    }

    public void Dispose()
    {
        _ = LibC.munmap(_page, (size_t)(ulong)_length);
        _ = LibC.close(Fd);
    }
}
