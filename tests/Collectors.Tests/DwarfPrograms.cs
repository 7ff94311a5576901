using ForkFollow.Collectors.Capture;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>How the tracee chain is sampled, and what its stacks look like.</summary>
internal static class DwarfPrograms
{
    internal static readonly ProfileOptions Dwarf = new() { Cpu = true, Dwarf = true, Frequency = 997 };

    /// <summary>The functions of each sample of a process with any, innermost first, joined by a space.</summary>
    internal static List<string> Stacks(this RecordedRun run, RecordedProcess process)
    {
        HashSet<int> threads = run.ThreadsOf(process);
        Profile profile = run.Profile;
        return
        [
            .. profile.Samples.Where(sample => threads.Contains(sample.Thread)).Select(sample => string.Join(
                ' ', profile.Stacks.FramesOf(sample.Stack).Select(frame => profile.Frames[frame])
                    .Where(frame => profile.Modules[frame.Module].Kind != FrameKind.Kernel).Select(frame => frame.Function))),
        ];
    }

    /// <summary>The part of the stacks that a predicate holds for.</summary>
    internal static double Share(this IReadOnlyCollection<string> stacks, Func<string, bool> holds) =>
        stacks.Count == 0 ? 0 : (double)stacks.Count(holds) / stacks.Count;
}
