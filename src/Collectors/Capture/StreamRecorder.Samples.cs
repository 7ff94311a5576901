using System.Buffers.Binary;
using ForkFollow.Collectors.Perf;
using ForkFollow.Native;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Capture;

/// <summary>Samples: stacks, waits and system calls.</summary>
internal sealed partial class StreamRecorder
{
    private const int MostFrames = 512;

    private void TakeSample(in PerfRecord record, StreamSource source)
    {
        StreamEvent from = source.Event;
        ReadOnlySpan<byte> tail = record.SampleTail;
        ReadOnlySpan<ulong> chain = from.HasCallChain ? PerfRecord.TakeCallChain(ref tail) : default;
        ReadOnlySpan<byte> raw = from.HasRaw ? PerfRecord.TakeRaw(ref tail) : default;
        if (from.Kind == StreamEventKind.Wakeup)
        {
            TakeWakeup(BinaryPrimitives.ReadInt32LittleEndian(raw[from.Format!.OffsetOf("pid")..]), record.Time);
            return;
        }

        if (ImageOf(record.Pid, record.Time) is not { } image)
            return;
        image.LastSeen = record.Time;
        ThreadImage thread = image.Thread(record.Tid);
        if (!thread.Accepts(from.Index, source.Owner))
            return;
        switch (from.Kind)
        {
            case StreamEventKind.Cpu:
                if (from.HasUserStack)
                    AddCopiedSample(image, thread, record.Time, chain, tail);
                else
                    AddCpuSample(image, thread, record.Time, chain);
                break;
            case StreamEventKind.Switch:
                thread.OffCpuStack = StackOf(image, chain);
                break;
            case StreamEventKind.SyscallEnter:
                thread.Syscall = (int)BinaryPrimitives.ReadInt64LittleEndian(raw[from.Format!.OffsetOf("id")..]);
                thread.SyscallSince = record.Time;
                break;
            case StreamEventKind.SyscallExit:
                EndSyscall(
                    image, thread, record.Time,
                    (int)BinaryPrimitives.ReadInt64LittleEndian(raw[from.Format!.OffsetOf("id")..]),
                    BinaryPrimitives.ReadInt64LittleEndian(raw[from.Format.OffsetOf("ret")..]));
                break;
            default:
                AddTrace(image, thread, record.Time, from.TraceIndex, chain);
                break;
        }
    }

    private void AddCpuSample(ProcessImage image, ThreadImage thread, long time, ReadOnlySpan<ulong> chain)
    {
        int number = NumberOf(image, thread, time);
        if (number < 0)
            return;
        AddSample(number, time, StackOf(image, chain));
        image.Samples++;
    }

    private void AddSample(int thread, long time, int stack)
    {
        long at = time - _results.StartTimestamp;
        _chunk.Samples ??= new();
        _chunk.Samples.Time.Add(at - _lastSampleTime);
        _chunk.Samples.Thread.Add((uint)thread);
        _chunk.Samples.Stack.Add((uint)stack);
        _lastSampleTime = at;
    }

    private void AddTrace(ProcessImage image, ThreadImage thread, long time, int traced, ReadOnlySpan<ulong> chain)
    {
        int number = NumberOf(image, thread, time);
        if (number < 0)
            return;
        (int, int, int) key = (traced, number, StackOf(image, chain));
        image.Traces[key] = image.Traces.GetValueOrDefault(key) + 1;
        image.EventCounts[traced] = image.EventCounts.GetValueOrDefault(traced) + 1;
        image.Samples++;
    }

    private void EndSyscall(ProcessImage image, ThreadImage thread, long time, int call, long result)
    {
        // rt_sigreturn(2) restores the registers of what the signal interrupted, the number of the system call (-1 by now) and its
        // result among them: it is the call that was entered, and has no result of its own.
        if (call < 0)
            (call, result) = (thread.Syscall, 0);
        bool begun = call >= 0 && thread.Syscall == call;
        thread.Syscall = -1;

        // A child comes back from a fork that its parent called; the first program from an exec that we did not see begin.
        if (!begun && !SyscallNames.IsExec(call))
            return;
        image.Syscalls ??= [];
        if (!image.Syscalls.TryGetValue(call, out SyscallSum? sum))
        {
            sum = new(_latencies);
            image.Syscalls.Add(call, sum);
        }

        sum.Add(begun ? time - thread.SyscallSince : -1, result);
    }

    /// <summary>The number of a stack, of a chain that has the innermost address first.</summary>
    private int StackOf(ProcessImage image, ReadOnlySpan<ulong> chain)
    {
        Span<int> frames = stackalloc int[MostFrames];
        return NodeOf(frames[..FramesOf(image, chain, frames)]);
    }

    /// <summary>The numbers of the frames of a chain, innermost first. Returns how many.</summary>
    private int FramesOf(ProcessImage image, ReadOnlySpan<ulong> chain, Span<int> frames)
    {
        int count = 0;
        bool kernel = false;
        bool innermost = true;
        foreach (ulong entry in chain)
        {
            if (entry >= Linux.PERF_CONTEXT_MAX)
            {
                kernel = entry == Linux.PERF_CONTEXT_KERNEL;
                innermost = true;
                continue;
            }

            if (count == frames.Length)
                break;

            // Callers are known by where they will go on: the call itself is before that.
            ulong address = innermost ? entry : entry - 1;
            innermost = false;
            frames[count++] = kernel
                ? _stacks.Frame(_modules.Kernel(_chunk), address, _chunk)
                : UserFrame(image, address);
        }

        return count;
    }

    private int NodeOf(ReadOnlySpan<int> frames)
    {
        int node = 0;
        for (int i = frames.Length - 1; i >= 0; i--)
            node = _stacks.Node(node, frames[i], _chunk);
        return node;
    }

    private int UserFrame(ProcessImage image, ulong address)
    {
        // Where frame pointers are not kept a chain ends in numbers that are no addresses: one place for all of them.
        if (!image.Code.TryFind(address, out CodeMapping mapping))
            return _stacks.Frame(_modules.Unknown(_chunk), 0, _chunk);
        if (mapping.Module >= 0)
            return _stacks.Frame(mapping.Module, address - mapping.Start + mapping.FileOffset, _chunk);
        image.Jit ??= new(image.Pid, _modules.Jit(_chunk));
        int frame = _stacks.Frame(image.Jit.Module, address, _chunk, out bool added);
        if (added)
            image.Jit.Add(frame, address, image.Result?.Process);
        return frame;
    }
}
