using ForkFollow.Collectors.Perf;
using ForkFollow.Native;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Samples with a copy of the stack (--call-graph dwarf). Their frames in the kernel and the innermost one in user mode are
/// numbered when they come, the callers when the run has ended: only then may libdw, which works on stacks and files that
/// may be hostile, take us with it.
/// </summary>
internal sealed partial class StreamRecorder
{
    private const int SamplesOfChunk = 4096;

    /// <summary>Addresses from here on are the kernel's: [vsyscall] is no code that a process made.</summary>
    private const ulong UserEnd = 1UL << 63;

    /// <summary>So much memory maps of just-in-time compilers may hold until the end, in bytes.</summary>
    private const long MostKeptMaps = 128L << 20;

    private readonly CodeSnapshots _snapshots = new();

    /// <summary>Code that processes made themselves, by module: stacks may yet show places in it.</summary>
    private readonly Dictionary<int, JitCode> _jits = [];
    private long _keptMaps;

    /// <summary>
    /// Unwinds all copied stacks, and writes their samples. After the stream has ended, before <see cref="WriteSymbols"/>.
    /// </summary>
    internal void Unwind()
    {
        if (_copies is null)
            return;
        _copies.Rewind();
        using var unwinder = new Unwinder(_snapshots, module => _modules.OpenImage(module, _chunk));
        Span<ulong> addresses = stackalloc ulong[UnwindState.MostFrames];
        Span<int> frames = stackalloc int[MostFrames];
        int unwound = 0;
        while (_copies.TryRead(
            out CopiedSample sample, out ReadOnlySpan<int> kernelFrames, out ReadOnlySpan<ulong> registers,
            out ReadOnlySpan<byte> stack))
        {
            int count = unwinder.Unwind(sample.Snapshot, registers, stack, addresses);
            kernelFrames.CopyTo(frames);
            int all = kernelFrames.Length;
            frames[all++] = sample.Top;
            AddCallers(sample, addresses[..count], frames, ref all);
            AddSample(sample.Thread, sample.Time, NodeOf(frames[..all]));
            if (++unwound % SamplesOfChunk == 0)
                WriteChunk(now: true);
        }

        WriteChunk(now: true);
    }

    /// <summary>A sample of CPU time of an event that has copies of stacks.</summary>
    private void AddCopiedSample(
        ProcessImage image, ThreadImage thread, long time, ReadOnlySpan<ulong> chain, ReadOnlySpan<byte> tail)
    {
        int number = NumberOf(image, thread, time);
        if (number < 0)
            return;
        Span<int> frames = stackalloc int[MostFrames];
        int count = FramesOf(image, chain, frames);
        ReadOnlySpan<ulong> sampled = PerfRecord.TakeUserRegisters(ref tail, out ulong abi);
        ReadOnlySpan<byte> stack = PerfRecord.TakeUserStack(ref tail);
        image.Samples++;
        if (!sampled.IsEmpty && count < MostFrames)
        {
            Span<ulong> registers = stackalloc ulong[UserRegisters.Count];
            UserRegisters.ToDwarf(sampled, registers);
            int top = UserFrame(image, registers[^1]);
            var sample = new CopiedSample(time, number, _snapshots.Keep(image.Code), JitModuleOf(image), top);
            if (abi == Linux.PERF_SAMPLE_REGS_ABI_64 && !stack.IsEmpty
                && _copies!.Append(sample, frames[..count], registers, stack))
            {
                return;
            }

            frames[count++] = top;
        }

        AddSample(number, time, NodeOf(frames[..count]));
    }

    /// <summary>Adds the callers of the innermost frame, up to the first address that is no code at all.</summary>
    private void AddCallers(in CopiedSample sample, ReadOnlySpan<ulong> addresses, Span<int> frames, ref int count)
    {
        CodeMap code = _snapshots[sample.Snapshot];
        for (int i = 1; i < addresses.Length && count < frames.Length; i++)
        {
            if (!code.TryFind(addresses[i], out CodeMapping mapping))
                return;
            if (mapping.Module >= 0)
            {
                frames[count++] = _stacks.Frame(mapping.Module, addresses[i] - mapping.Start + mapping.FileOffset, _chunk);
                continue;
            }

            if (sample.Jit < 0)
                return;
            int frame = _stacks.Frame(sample.Jit, addresses[i], _chunk, out bool added);
            if (added)
                _jits[sample.Jit].Add(frame, addresses[i], process: null);
            frames[count++] = frame;
        }
    }

    /// <summary>The module of what a process compiled, if it has mapped memory for that; else -1.</summary>
    private int JitModuleOf(ProcessImage image)
    {
        if (image.Jit is null && HasOwnCode(image.Code))
        {
            image.Jit = new(image.Pid, _modules.Jit(_chunk));
            image.Jit.Look(image.Result?.Process);
        }

        if (image.Jit is not { } jit)
            return -1;
        _jits.TryAdd(jit.Module, jit);
        return jit.Module;
    }

    private static bool HasOwnCode(CodeMap code)
    {
        foreach (CodeMapping mapping in code.Mappings)
        {
            if (mapping.Module < 0 && mapping.Start < UserEnd)
                return true;
        }

        return false;
    }

    /// <summary>Whether the functions of a process' own code are told at the end of the run, not of the process.</summary>
    private bool Keeps(JitCode jit)
    {
        if (!_jits.ContainsKey(jit.Module) || !jit.HasNames)
            return false;
        if (_keptMaps + jit.MapBytes > MostKeptMaps)
        {
            UnkeptMaps++;
            return false;
        }

        _keptMaps += jit.MapBytes;
        return true;
    }
}
