using System.Numerics;
using System.Runtime.InteropServices;

namespace ForkFollow.Symbols;

/// <summary>
/// The general registers that a sample holds, by enum perf_event_x86_regs and perf_event_arm_regs, and their DWARF numbers.
/// </summary>
public static class UserRegisters
{
    /// <summary>x86: AX to SP, BP, IP, then R8 to R15; the segment registers in between are left out.</summary>
    private const ulong X86 = 0xff01ff;

    /// <summary>arm64: X0 to X30, SP, PC.</summary>
    private const ulong Arm64 = (1UL << 33) - 1;

    /// <summary>
    /// Which of a sample's registers each DWARF register of x86-64 is (System V ABI, figure 3.36): rax, rdx, rcx, rbx, rsi,
    /// rdi, rbp, rsp, r8 to r15, the return address. Those of arm64 have the same order in both.
    /// </summary>
    private static readonly byte[] _x86ToDwarf = [0, 3, 2, 1, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 8];

    private static readonly bool _isArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>What attr.sample_regs_user asks for.</summary>
    public static ulong Mask => _isArm64 ? Arm64 : X86;

    /// <summary>How many registers a sample holds; the program counter is the last one when they are in DWARF order.</summary>
    public static int Count => BitOperations.PopCount(Mask);

    /// <summary>The DWARF number of the stack pointer.</summary>
    public static int StackPointer => _isArm64 ? 31 : 7;

    /// <summary>How many of them libdw takes by number: the program counter of arm64 has none.</summary>
    public static int DwarfCount => _isArm64 ? 32 : 17;

    /// <summary>Puts the registers of a sample into DWARF order.</summary>
    public static void ToDwarf(ReadOnlySpan<ulong> sampled, Span<ulong> dwarf)
    {
        if (_isArm64)
        {
            sampled.CopyTo(dwarf);
            return;
        }

        for (int i = 0; i < _x86ToDwarf.Length; i++)
            dwarf[i] = sampled[_x86ToDwarf[i]];
    }
}
