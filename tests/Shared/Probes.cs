using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Tests;

/// <summary>Whether perf events can be opened here: opens one on ourselves.</summary>
internal static unsafe partial class PerfProbe
{
    private const uint Software = 1;
    private const ulong ContextSwitches = 3;
    private const int ExcludeKernel = 5;
    private const int ExcludeHypervisor = 6;
    private const nuint CloseOnExec = 8;

    /// <param name="kernel">Of what happens in the kernel too.</param>
    /// <returns>What is missing; null if it can be opened.</returns>
    internal static string? Open(bool kernel)
    {
        byte* attributes = stackalloc byte[128];
        var bytes = new Span<byte>(attributes, 128);
        bytes.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Software);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], 128);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], ContextSwitches);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], (kernel ? 0UL : 1UL << ExcludeKernel) | (1UL << ExcludeHypervisor));
        nint number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 241 : 298;
        nint fd = syscall(number, attributes, 0, -1, -1, CloseOnExec);
        if (fd >= 0)
        {
            new SafeFileHandle(fd, ownsHandle: true).Dispose();
            return null;
        }

        string why = Marshal.GetLastPInvokeErrorMessage();
        string paranoid = File.Exists("/proc/sys/kernel/perf_event_paranoid") ? File.ReadAllText("/proc/sys/kernel/perf_event_paranoid").Trim() : "absent";
        return $"no perf events of {(kernel ? "the kernel" : "user mode")} here: {why} (kernel.perf_event_paranoid is {paranoid})";
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, byte* attributes, nint pid, nint cpu, nint group, nuint flags);
}

/// <summary>tracefs where it is mounted and ours to read, or on a descriptor of our own that stays for the life of the tests.</summary>
internal static partial class TracefsProbe
{
    private const nint FsOpen = 430;
    private const nint FsConfig = 431;
    private const nint FsMount = 432;
    private const nint CreateCommand = 6;

    private static readonly Lazy<(string? Root, string? Missing)> _found = new(Find);

    /// <summary>Its root folder; null if there is none for us.</summary>
    internal static string? Root => _found.Value.Root;

    internal static string? Missing => _found.Value.Missing;

    private static (string? Root, string? Missing) Find()
    {
        const string Usual = "/sys/kernel/tracing";
        if (IsReadable(Usual))
            return (Usual, null);
        nint name = Marshal.StringToCoTaskMemUTF8("tracefs");
        nint context = syscall(FsOpen, name, 1, 0, 0, 0);
        string why = Marshal.GetLastPInvokeErrorMessage();
        Marshal.FreeCoTaskMem(name);
        if (context < 0)
            return (null, $"tracefs is not ours to read, and mounting it fails: {why}");
        nint mount = syscall(FsConfig, context, CreateCommand, 0, 0, 0) == 0 ? syscall(FsMount, context, 1, 0, 0, 0) : -1;
        why = Marshal.GetLastPInvokeErrorMessage();
        new SafeFileHandle(context, ownsHandle: true).Dispose();
        string root = $"/proc/{Environment.ProcessId}/fd/{mount}";
        return mount >= 0 && IsReadable(root) ? (root, null) : (null, $"tracefs is not ours to read, and mounting it fails: {why}");
    }

    private static bool IsReadable(string root)
    {
        try
        {
            return File.ReadAllText(root + "/events/sched/sched_switch/id").Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);
}
