using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.Perf;

/// <summary>The general registers that a sample holds, by enum perf_event_x86_regs and perf_event_arm_regs.</summary>
internal static class UserRegisters
{
    /// <summary>x86: AX to SP, BP, IP, then R8 to R15; the segment registers in between are left out.</summary>
    private const ulong X86 = 0xff01ff;

    /// <summary>arm64: X0 to X30, SP, PC.</summary>
    private const ulong Arm64 = (1UL << 33) - 1;

    /// <summary>What attr.sample_regs_user asks for.</summary>
    internal static ulong Mask => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Arm64 : X86;
}
