using System.Globalization;
using System.Runtime.InteropServices;
using ForkFollow.Native;

namespace ForkFollow.Symbols;

/// <summary>
/// Unwinds stacks of processes that have the same code at the same addresses: one session of libdw. Files are given to it
/// when a stack first goes through them. One thread.
/// </summary>
internal sealed unsafe class ProcessUnwinder : IDisposable
{
    private static readonly Dwfl_Callbacks* _callbacks = MakeCallbacks();
    private static readonly Dwfl_Thread_Callbacks* _threadCallbacks = UnwindState.MakeThreadCallbacks();

    private readonly List<GCHandle> _handles = [];
    private readonly UnwindState* _state;
    private nint _dwfl;

    private ProcessUnwinder(nint dwfl)
    {
        _dwfl = dwfl;
        _state = (UnwindState*)NativeMemory.AllocZeroed((nuint)sizeof(UnwindState));
    }

    /// <summary>When it was last used, by its user's count.</summary>
    internal long LastUse { get; set; }

    /// <summary>A session for a process. Null if libdw takes nothing of it.</summary>
    /// <param name="code">Where its code is.</param>
    /// <param name="images">The file of a module by its number; null if it cannot be had. Files must outlive this.</param>
    internal static ProcessUnwinder? Open(CodeMap code, Func<int, UnwindImage?> images)
    {
        nint dwfl = LibDw.dwfl_begin(_callbacks);
        if (dwfl == 0)
            return null;
        var unwinder = new ProcessUnwinder(dwfl);
        unwinder.Report(code, images);
        if (LibDw.dwfl_report_end(dwfl, 0, 0) == 0
            && LibDw.dwfl_attach_state(dwfl, 0, UnwindState.Tid, _threadCallbacks, unwinder._state) != 0)
        {
            return unwinder;
        }

        unwinder.Dispose();
        return null;
    }

    /// <summary>Unwinds a stack as far as it goes.</summary>
    /// <param name="registers">In DWARF order, Count of them.</param>
    /// <param name="stack">What was copied from the stack pointer on.</param>
    /// <param name="frames">Takes the addresses, innermost first, of callers that of the call; 127 at most.</param>
    /// <returns>How many.</returns>
    internal int Unwind(ReadOnlySpan<ulong> registers, ReadOnlySpan<byte> stack, Span<ulong> frames)
    {
        fixed (ulong* first = registers)
        {
            fixed (byte* bytes = stack)
            {
                _state->Begin(first, bytes, stack.Length);

                // However it ends, what came before is right.
                _ = LibDw.dwfl_getthread_frames(_dwfl, UnwindState.Tid, UnwindState.OnFrame, _state);
            }
        }

        _state->CopyTo(frames);
        return _state->Count;
    }

    public void Dispose()
    {
        if (_dwfl == 0)
            return;
        LibDw.dwfl_end(_dwfl);
        _dwfl = 0;
        NativeMemory.Free(_state);
        _handles.ForEach(handle => handle.Free());
    }

    private static Dwfl_Callbacks* MakeCallbacks()
    {
        _ = LibElf.elf_version(LibElf.EV_CURRENT);
        var callbacks = (Dwfl_Callbacks*)NativeMemory.AllocZeroed((nuint)sizeof(Dwfl_Callbacks));
        callbacks->find_elf = &FindElf;
        callbacks->find_debuginfo = &FindDebugInfo;
        return callbacks;
    }

    /// <summary>Tells libdw all files. It is not made for modules that overlap (stale mappings): the lower one has it.</summary>
    private void Report(CodeMap code, Func<int, UnwindImage?> images)
    {
        var modules = new Dictionary<(int Module, ulong Bias), (ulong Start, ulong End, UnwindImage Image)>();
        foreach (CodeMapping mapping in code.Mappings)
        {
            if (mapping.Module < 0 || images(mapping.Module) is not { } image
                || !image.TryGetBias(mapping.Start, mapping.FileOffset, out ulong bias))
            {
                continue;
            }

            ulong start = unchecked(bias + image.FirstAddress());
            modules[(mapping.Module, bias)] = (start, mapping.End, image);
        }

        ulong end = 0;
        foreach (((int module, ulong bias), var at) in modules.OrderBy(one => one.Value.Start))
        {
            if (at.Start < end || at.End <= at.Start)
                continue;
            string name = string.Create(CultureInfo.InvariantCulture, $"{module}+{bias:x}");
            nint reported = LibDw.dwfl_report_module(_dwfl, name, at.Start, at.End);
            nint* userData;
            if (reported == 0 || LibDw.dwfl_module_info(reported, &userData, null, null, null, null, null, null) is null)
                continue;
            end = at.End;
            var handle = GCHandle.Alloc(at.Image);
            _handles.Add(handle);
            *userData = GCHandle.ToIntPtr(handle);
        }
    }

    [UnmanagedCallersOnly]
    private static int FindElf(nint module, nint* userData, byte* name, ulong start, byte** fileName, nint* elf)
    {
        if (GCHandle.FromIntPtr(*userData).Target is UnwindImage image)
            *elf = image.OpenElf();
        return -1;
    }

    [UnmanagedCallersOnly]
    private static int FindDebugInfo(
        nint module, nint* userData, byte* name, ulong start, byte* fileName, byte* link, uint crc, byte** debugFile) => -1;
}
