namespace ForkFollow.Symbols;

/// <summary>How a method was compiled: JitOptimizationTier of the runtime's eventtracebase.h, and what is precompiled.</summary>
public enum MethodTier
{
    /// <summary>Not told: runtimes before .NET Core 3.0.</summary>
    Unknown,

    /// <summary>With as little optimisation as can be: a debug build.</summary>
    MinOptJitted,

    /// <summary>Optimised, and not to be compiled again.</summary>
    Optimized,

    /// <summary>Tier 0: quickly.</summary>
    QuickJitted,

    /// <summary>Tier 1: optimised after it was called often.</summary>
    OptimizedTier1,

    /// <summary>Tier 1 while it ran: on-stack replacement.</summary>
    OptimizedTier1Osr,

    /// <summary>Tier 0 with counters of what it does.</summary>
    QuickJittedInstrumented,

    /// <summary>Tier 1 with counters of what it does.</summary>
    OptimizedTier1Instrumented,

    /// <summary>Precompiled: ReadyToRun.</summary>
    ReadyToRun,
}

/// <summary>Tiers as events have them.</summary>
public static class MethodTiers
{
    private const uint Jitted = 0x8;
    private const int TierShift = 7;
    private const uint TierMask = 7;

    /// <summary>The tier in the flags of a method's event.</summary>
    public static MethodTier Of(uint flags) =>
        (flags & Jitted) == 0 ? MethodTier.ReadyToRun : (MethodTier)((flags >> TierShift) & TierMask);
}
