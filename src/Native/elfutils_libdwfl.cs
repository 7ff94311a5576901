using System.Runtime.InteropServices;

namespace ForkFollow.Native;

/// <summary>Dwfl_Callbacks: where the files of modules come from.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Dwfl_Callbacks
{
    /// <summary>(mod, userdata, modname, base, file_name, elfp): puts an Elf to elfp and returns -1; or a descriptor.</summary>
    public delegate* unmanaged<nint, nint*, byte*, ulong, byte**, nint*, int> find_elf;

    /// <summary>(mod, userdata, modname, base, file_name, debuglink_file, debuglink_crc, debuginfo_file_name).</summary>
    public delegate* unmanaged<nint, nint*, byte*, ulong, byte*, byte*, uint, byte**, int> find_debuginfo;

    /// <summary>Of relocatable files alone; never called for what a process maps.</summary>
    public nint section_address;
    public nint debuginfo_path;
}

/// <summary>Dwfl_Thread_Callbacks: where registers and memory of threads come from. A C bool is a byte.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Dwfl_Thread_Callbacks
{
    /// <summary>(dwfl, dwfl_arg, thread_argp). Returns a tid; 0 if there is no other. May not be null.</summary>
    public delegate* unmanaged<nint, void*, void**, int> next_thread;

    /// <summary>(dwfl, tid, dwfl_arg, thread_argp).</summary>
    public delegate* unmanaged<nint, int, void*, void**, byte> get_thread;

    /// <summary>(dwfl, addr, result, dwfl_arg).</summary>
    public delegate* unmanaged<nint, ulong, ulong*, void*, byte> memory_read;

    /// <summary>(thread, thread_arg).</summary>
    public delegate* unmanaged<nint, void*, byte> set_initial_registers;

    public nint detach;
    public nint thread_detach;
}

/// <summary>elfutils/libdwfl.h by its C names: unwinding. One thread for each Dwfl.</summary>
public static unsafe partial class LibDw
{
    public const int DWARF_CB_OK = 0;
    public const int DWARF_CB_ABORT = 1;

    private const string Library = "libdw.so.1";

    private static readonly Lazy<nint> _frameRegister = new(FindFrameRegister);

    /// <summary>Whether it is installed: nothing else here may be called if not.</summary>
    public static bool IsThere { get; } = NativeLibrary.TryLoad(Library, out _) && NativeLibrary.TryLoad("libelf.so.1", out _);

    /// <summary>A session. The callbacks must outlive it. Returns a Dwfl, or 0.</summary>
    [LibraryImport(Library)]
    public static partial nint dwfl_begin(Dwfl_Callbacks* callbacks);

    [LibraryImport(Library)]
    public static partial void dwfl_end(nint dwfl);

    /// <summary>A file is mapped there. Returns a Dwfl_Module, or 0.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint dwfl_report_module(nint dwfl, string name, ulong start, ulong end);

    /// <summary>All modules were reported. Returns 0, or -1.</summary>
    [LibraryImport(Library)]
    public static partial int dwfl_report_end(nint dwfl, nint removed, nint arg);

    /// <summary>Tells what is known of a module, and where its user data is: what callbacks get. Null is not asked for.</summary>
    [LibraryImport(Library)]
    public static partial byte* dwfl_module_info(
        nint module, nint** userdata, ulong* start, ulong* end, ulong* dwbias, ulong* symbias, byte** mainfile,
        byte** debugfile);

    /// <summary>
    /// Gives it a process to unwind, once. The architecture is that of <paramref name="elf"/>, or of the first module.
    /// The callbacks must outlive it. Returns a C bool.
    /// </summary>
    [LibraryImport(Library)]
    public static partial byte dwfl_attach_state(
        nint dwfl, nint elf, int pid, Dwfl_Thread_Callbacks* callbacks, void* dwflArg);

    /// <summary>Calls back for each frame, innermost first. Returns 0 at the outermost, -1, or what the callback returned.</summary>
    [LibraryImport(Library)]
    public static partial int dwfl_getthread_frames(
        nint dwfl, int tid, delegate* unmanaged<nint, void*, int> callback, void* arg);

    /// <summary>Where a frame goes on; activation: it was interrupted there, it called nobody. Returns a C bool.</summary>
    [LibraryImport(Library)]
    public static partial byte dwfl_frame_pc(nint frame, ulong* pc, byte* isActivation);

    /// <summary>Registers by their DWARF numbers; from within set_initial_registers. Returns a C bool.</summary>
    [LibraryImport(Library)]
    public static partial byte dwfl_thread_state_registers(nint thread, int first, uint count, ulong* registers);

    /// <summary>The program counter, where it is none of the DWARF registers.</summary>
    [LibraryImport(Library)]
    public static partial void dwfl_thread_state_register_pc(nint thread, ulong pc);

    /// <summary>A register of a frame. False if it is not known, and before elfutils 0.188, which had no such function.</summary>
    public static bool TryGetFrameRegister(nint frame, uint register, out ulong value)
    {
        ulong found = 0;
        var dwfl_frame_reg = (delegate* unmanaged<nint, uint, ulong*, int>)_frameRegister.Value;
        bool known = dwfl_frame_reg is not null && dwfl_frame_reg(frame, register, &found) == 0;
        value = found;
        return known;
    }

    private static nint FindFrameRegister() =>
        NativeLibrary.TryLoad(Library, out nint library) && NativeLibrary.TryGetExport(library, "dwfl_frame_reg", out nint symbol)
            ? symbol
            : 0;
}
