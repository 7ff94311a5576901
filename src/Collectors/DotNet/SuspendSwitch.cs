using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace ForkFollow.Collectors.DotNet;

/// <summary>Where a byte was made a 1: who takes it over makes a <see cref="SuspendSwitch"/> of it, which closes the descriptor.</summary>
/// <param name="Memory">A descriptor of the process's memory.</param>
/// <param name="Address">The byte there; 0 for nowhere.</param>
internal readonly record struct SwitchPlace(int Memory, long Address)
{
    /// <summary>Whether there is one.</summary>
    internal bool IsOn => Address != 0;
}

/// <summary>
/// One byte in the environment block of a process: the value of <c>DOTNET_DefaultDiagnosticPortSuspend</c>, by which its
/// runtime waits at its start until it is told to go on.
/// <para>Constraints: the variable is inherited, also by daemons that outlive us; whoever reads a 1 when nobody is there to
/// resume it waits for ever.</para>
/// <para>Scheme (docs/adr/0015): the launched command gets the variable with the value 0, which everybody inherits. At its
/// exec, while it is held, a program that brings a runtime has the 0 in its own block made 1; the runtime copies its
/// environment when it starts, and waits; before it is resumed, the 1 is made 0 again, in the block and (by <see cref="RuntimeIpc.SetVariable"/>) in that copy. So managed code, and all that it
/// starts, never sees a 1.</para>
/// The memory is reached by a descriptor that was opened at the exec: it stays that of this program. When the program is
/// gone, writing fails and harms nobody, whoever has the pid by then.
/// </summary>
internal sealed unsafe class SuspendSwitch : IDisposable
{
    /// <summary>The variable.</summary>
    internal const string Name = "DOTNET_DefaultDiagnosticPortSuspend";

    /// <summary>What a launched command gets.</summary>
    internal const string Variable = Name + "=" + Off;

    /// <summary>The value by which nobody waits.</summary>
    internal const string Off = "0";

    private const int MostRead = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly SafeFileHandle _memory;
    private readonly long _address;
    private bool _on = true;

    internal SuspendSwitch(SwitchPlace place)
    {
        _memory = new(place.Memory, ownsHandle: true);
        _address = place.Address;
    }

    private static ReadOnlySpan<byte> Pattern => "DOTNET_DefaultDiagnosticPortSuspend="u8;

    /// <summary>Whether the byte may still be a 1.</summary>
    internal bool IsOn => Volatile.Read(ref _on);

    /// <summary>A buffer for <see cref="TurnOn"/> and <see cref="Clean"/>.</summary>
    internal static byte[] MakeBuffer() => new byte[MostRead];

    /// <summary>
    /// While a process is held at its exec: makes its 0 a 1. A 1 that it has already, off a parent that was switched, is taken
    /// over. Nowhere if it has no such variable, or another value. Tracer thread; allocates nothing.
    /// </summary>
    /// <param name="pid">The process.</param>
    /// <param name="inherited">Whether a 1 may be ours.</param>
    /// <param name="buffer">Of <see cref="MakeBuffer"/>.</param>
    internal static SwitchPlace TurnOn(int pid, bool inherited, byte[] buffer)
    {
        int memory = Find(pid, buffer, out long address, out byte value);
        if (memory < 0)
            return default;
        if ((value == (byte)'0' && Write(memory, address, (byte)'1')) || (value == (byte)'1' && inherited))
            return new(memory, address);
        _ = LibC.close(memory);
        return default;
    }

    /// <summary>While a process is held at its exec: makes a 1 that it has off a parent that was switched a 0.</summary>
    internal static void Clean(int pid, byte[] buffer)
    {
        int memory = Find(pid, buffer, out long address, out byte value);
        if (memory < 0)
            return;
        if (value == (byte)'1')
            _ = Write(memory, address, (byte)'0');
        _ = LibC.close(memory);
    }

    /// <summary>Makes it a 0 again, if the program is still there and has not put something else in its place. Any thread.</summary>
    internal void TurnOff()
    {
        lock (_lock)
        {
            if (!_on || _memory.IsClosed)
                return;
            Span<byte> there = stackalloc byte[Pattern.Length + 2];
            fixed (byte* bytes = there)
            {
                int fd = (int)_memory.DangerousGetHandle();
                if (LibC.pread(fd, bytes, there.Length, _address - Pattern.Length) == there.Length
                    && there.StartsWith(Pattern) && there[^2..].SequenceEqual("1\0"u8))
                {
                    _ = Write(fd, _address, (byte)'0');
                }
            }

            Volatile.Write(ref _on, false);
        }
    }

    /// <summary>Turns it off, and closes.</summary>
    public void Dispose()
    {
        TurnOff();
        lock (_lock)
            _memory.Dispose();
    }

    private static bool Write(int memory, long address, byte value) => LibC.pwrite(memory, &value, 1, address) == 1;

    /// <summary>
    /// Finds the first variable of that name, the one that counts, if its value is one digit. Returns a descriptor of the
    /// memory, or -1.
    /// </summary>
    private static int Find(int pid, byte[] buffer, out long address, out byte value)
    {
        address = 0;
        value = 0;
        if (!ProcStat.TryRead(pid, out ProcStat stat) || stat.EnvironmentEnd <= stat.EnvironmentStart)
            return -1;
        byte* path = stackalloc byte[64];
        ProcFile.Compose(new(path, 64), pid, "mem"u8);
        int memory = LibC.open(path, LibC.O_RDWR | LibC.O_CLOEXEC, default);
        if (memory < 0)
            return -1;
        if (Search(memory, stat.EnvironmentStart, stat.EnvironmentEnd, buffer, out address, out value))
            return memory;
        _ = LibC.close(memory);
        return -1;
    }

    private static bool Search(int memory, long start, long end, byte[] buffer, out long address, out byte value)
    {
        // A byte before the block, the zero that ends the arguments, so that each variable follows a zero.
        int needed = Pattern.Length + 3;
        address = 0;
        value = 0;
        for (long at = start - 1; end - at >= needed;)
        {
            long got;
            fixed (byte* bytes = buffer)
                got = LibC.pread(memory, bytes, (size_t)(ulong)Math.Min(buffer.Length, end - at), at);
            if (got < needed)
                return false;
            ReadOnlySpan<byte> part = buffer.AsSpan(0, (int)got);
            for (int from = 0; ;)
            {
                int found = part[from..].IndexOf(Pattern);
                if (found < 0 || from + found + Pattern.Length + 2 > part.Length)
                    break;
                from += found;
                int digit = from + Pattern.Length;
                if (from > 0 && part[from - 1] == 0)
                {
                    address = at + digit;
                    value = part[digit];
                    return part[digit + 1] == 0;
                }

                from = digit;
            }

            at += Math.Max(1, got - needed);
        }

        return false;
    }
}
