using System.Runtime.InteropServices;
using ForkFollow.Native;

namespace ForkFollow.Symbols;

/// <summary>
/// One stack that is being unwound, as the callbacks of libdw see it. They are called from C: nothing may be thrown
/// through it, so nothing here can throw, and nothing of the garbage collector's is touched. One thread.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct UnwindState
{
    /// <summary>perf's default is 127 too.</summary>
    public const int MostFrames = 127;

    /// <summary>Any will do: libdw only tells threads apart by it.</summary>
    public const int Tid = 1;

    private ulong* _registers;
    private byte* _stack;
    private ulong _stackStart;
    private ulong _stackLength;
    private ulong _lastAddress;
    private ulong _lastStackPointer;
    private fixed ulong _frames[MostFrames];

    /// <summary>How many frames there are.</summary>
    public int Count { get; private set; }

    /// <summary>The addresses of the frames, innermost first: of callers that of the call.</summary>
    public readonly void CopyTo(Span<ulong> frames)
    {
        for (int i = 0; i < Count; i++)
            frames[i] = _frames[i];
    }

    /// <summary>Takes a new stack. Both must stay where they are until it has been unwound.</summary>
    /// <param name="registers">The registers, in DWARF order.</param>
    /// <param name="stack">What was copied from the stack pointer on.</param>
    /// <param name="stackLength">How many bytes.</param>
    public void Begin(ulong* registers, byte* stack, int stackLength)
    {
        _registers = registers;
        _stack = stack;
        _stackStart = registers[UserRegisters.StackPointer];
        _stackLength = (ulong)stackLength;
        Count = 0;
        _lastAddress = 0;
        _lastStackPointer = 0;
    }

    /// <summary>The callbacks, in memory that is never freed: each Dwfl keeps a pointer to them.</summary>
    public static Dwfl_Thread_Callbacks* MakeThreadCallbacks()
    {
        var callbacks = (Dwfl_Thread_Callbacks*)NativeMemory.AllocZeroed((nuint)sizeof(Dwfl_Thread_Callbacks));
        callbacks->next_thread = &NextThread;
        callbacks->get_thread = &GetThread;
        callbacks->memory_read = &ReadMemory;
        callbacks->set_initial_registers = &SetInitialRegisters;
        return callbacks;
    }

    /// <summary>The callback for frames.</summary>
    public static delegate* unmanaged<nint, void*, int> OnFrame => &TakeFrame;

    [UnmanagedCallersOnly]
    private static int NextThread(nint dwfl, void* state, void** thread)
    {
        if (*thread is not null)
            return 0;
        *thread = state;
        return Tid;
    }

    [UnmanagedCallersOnly]
    private static byte GetThread(nint dwfl, int tid, void* state, void** thread)
    {
        *thread = state;
        return 1;
    }

    [UnmanagedCallersOnly]
    private static byte ReadMemory(nint dwfl, ulong address, ulong* result, void* argument)
    {
        var state = (UnwindState*)argument;
        ulong at = address - state->_stackStart;
        if (address < state->_stackStart || at >= state->_stackLength || state->_stackLength - at < sizeof(ulong))
            return 0;
        *result = *(ulong*)(state->_stack + at);
        return 1;
    }

    [UnmanagedCallersOnly]
    private static byte SetInitialRegisters(nint thread, void* argument)
    {
        var state = (UnwindState*)argument;
        if (UserRegisters.DwarfCount < UserRegisters.Count)
            LibDw.dwfl_thread_state_register_pc(thread, state->_registers[UserRegisters.Count - 1]);
        return LibDw.dwfl_thread_state_registers(thread, 0, (uint)UserRegisters.DwarfCount, state->_registers);
    }

    [UnmanagedCallersOnly]
    private static int TakeFrame(nint frame, void* argument)
    {
        var state = (UnwindState*)argument;
        ulong address;
        byte interrupted;
        if (LibDw.dwfl_frame_pc(frame, &address, &interrupted) == 0 || address == 0 || state->Count == MostFrames)
            return LibDw.DWARF_CB_ABORT;

        // A frame that calls itself from the very same stack: wrong tables or a wrong copy.
        _ = LibDw.TryGetFrameRegister(frame, (uint)UserRegisters.StackPointer, out ulong stackPointer);
        if (address == state->_lastAddress && stackPointer != 0 && stackPointer == state->_lastStackPointer)
            return LibDw.DWARF_CB_ABORT;
        state->_lastAddress = address;
        state->_lastStackPointer = stackPointer;

        state->_frames[state->Count++] = interrupted != 0 ? address : address - 1;
        return LibDw.DWARF_CB_OK;
    }
}
