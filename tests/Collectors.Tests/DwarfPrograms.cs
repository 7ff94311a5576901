using ForkFollow.Collectors.Capture;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>The tracee chain without frame pointers, and what its stacks look like.</summary>
internal static class DwarfPrograms
{
    internal static readonly ProfileOptions Dwarf = new() { Cpu = true, Dwarf = true, Frequency = 997 };

    /// <summary>How many rounds of the loop: some 0.1 s.</summary>
    internal const string Rounds = "400";

    internal static void NeedLibrary() => Machine.Need(Machine.Library("libdw.so.1", "libdw1"), Machine.Library("libelf.so.1", "libelf1"));

    /// <summary>Compiles it. Skips the test if there is no compiler.</summary>
    internal static string Compile(TemporaryFolder folder, params string[] options)
    {
        string program = Path.Combine(folder.Path, "chain");
        string source = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Runs.Tracee("chain")))!, "chain.c");
        Tools.Run(
            "cc", ["-O2", "-fomit-frame-pointer", "-fasynchronous-unwind-tables", "-DNO_FRAME_POINTER", .. options, source, "-o", program]);
        return program;
    }

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
