using ForkFollow.Collectors.Perf;
using ForkFollow.Native;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Time off CPU. A thread that leaves its CPU gives a sample with its stack, then a SWITCH record; it gets a CPU again
/// with another SWITCH record. In between it waits until it is woken, and is on a run queue from then on. If it was
/// preempted it was on a run queue all the time.
/// </summary>
internal sealed partial class StreamRecorder
{
    /// <summary>Threads that are off CPU, by tid: who is woken is named by its tid alone.</summary>
    private readonly Dictionary<int, ThreadImage> _sleepers = [];

    private void TakeSwitch(in PerfRecord record, StreamSource source)
    {
        if (ImageOf(record.Pid, record.Time) is not { } image)
            return;
        ThreadImage thread = image.Thread(record.Tid);
        if (!thread.Accepts(source.Event.Index, source.Owner))
            return;
        if ((record.Header.misc & Linux.PERF_RECORD_MISC_SWITCH_OUT) != 0)
        {
            thread.OffCpuSince = record.Time;
            thread.ReadySince = 0;
            thread.Preempted = (record.Header.misc & Linux.PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0;
            _sleepers[thread.Tid] = thread;
            return;
        }

        _sleepers.Remove(thread.Tid);
        if (thread.OffCpuSince != 0)
            AddWait(image, thread, record.Time);
        thread.OffCpuSince = 0;
    }

    /// <summary>Counts what is waited still, when a process is left before it goes on.</summary>
    private void EndWaits(ProcessImage image, long time)
    {
        foreach (ThreadImage thread in image.Threads.Values)
        {
            _sleepers.Remove(thread.Tid);
            if (thread.OffCpuSince != 0 && thread.OffCpuSince < time)
                AddWait(image, thread, time);
            thread.OffCpuSince = 0;
        }
    }

    private void FlushWaits(ProcessImage image)
    {
        _chunk.Waits ??= new();
        foreach (((int thread, int stack), WaitSum sum) in image.Waits)
        {
            _chunk.Waits.Thread.Add((uint)thread);
            _chunk.Waits.Stack.Add((uint)stack);
            _chunk.Waits.Count.Add((ulong)sum.Count);
            _chunk.Waits.WaitNs.Add((ulong)sum.WaitNs);
            _chunk.Waits.RunQueueNs.Add((ulong)sum.RunQueueNs);
        }

        image.Waits.Clear();
    }

    /// <summary>A thread of any process, by its tid, is ready to run.</summary>
    private void TakeWakeup(int tid, long time)
    {
        if (_sleepers.TryGetValue(tid, out ThreadImage? thread) && thread.OffCpuSince != 0 && thread.ReadySince == 0)
            thread.ReadySince = time;
    }

    private void AddWait(ProcessImage image, ThreadImage thread, long until)
    {
        int number = NumberOf(image, thread, until);
        if (number < 0)
            return;
        long ready = thread.Preempted ? thread.OffCpuSince : thread.ReadySince == 0 ? until : thread.ReadySince;
        if (!image.Waits.TryGetValue((number, thread.OffCpuStack), out WaitSum? sum))
        {
            sum = new();
            image.Waits.Add((number, thread.OffCpuStack), sum);
        }

        sum.Count++;
        sum.WaitNs += ready - thread.OffCpuSince;
        sum.RunQueueNs += until - ready;
        image.WaitCount++;
        image.WaitNs += ready - thread.OffCpuSince;
        image.RunQueueNs += until - ready;
        image.Samples++;
    }
}
