using System.Globalization;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>Stacks of programs without frame pointers, by copies that libdw unwinds (--call-graph dwarf).</summary>
public sealed class DwarfTests : IDisposable
{
    private const string Callers = "c b a main ";
    private const double Most = 0.9;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Callers_are_seen_where_frame_pointers_show_none()
    {
        Chain.NeedLibrary();
        string program = Chain.Compile(_folder);

        RecordedRun pointers = await Profiles.RecordAsync(
            DwarfPrograms.Dwarf with { Dwarf = false }, program, Chain.Rounds);
        RecordedRun run = await Profiles.RecordAsync(DwarfPrograms.Dwarf, program, Chain.Rounds);

        Assert.Equal(0, pointers.Stacks(pointers.Processes[0]).Share(stack => stack.StartsWith(Callers, StringComparison.Ordinal)));
        List<string> stacks = run.Stacks(run.Processes[0]);
        Assert.True(stacks.Count > 30, $"{stacks.Count} samples");
        AssertMost(stacks, stack => stack.StartsWith(Callers, StringComparison.Ordinal) && stack.EndsWith(" _start", StringComparison.Ordinal));
        Assert.Equal(run.Processes[0].Samples, stacks.Count);
        Assert.Empty(run.Ledger);
    }

    [SkippableFact]
    public async Task Samples_are_in_order_of_time()
    {
        Chain.NeedLibrary();
        RecordedRun run = await Profiles.RecordAsync(DwarfPrograms.Dwarf, Chain.Compile(_folder), Chain.Rounds, "fork");

        Assert.Equal(run.Profile.Samples.OrderBy(sample => sample.TimeNs), run.Profile.Samples);
        Assert.All(run.Profile.Samples, sample => Assert.InRange(sample.TimeNs, 0, run.DurationNs));
    }

    [SkippableTheory]
    [InlineData("fork")]
    [InlineData("exec")]
    public async Task A_child_is_unwound_with_its_own_mappings(string mode)
    {
        Chain.NeedLibrary();
        RecordedRun run = await Profiles.RecordAsync(DwarfPrograms.Dwarf, Chain.Compile(_folder), Chain.Rounds, mode);

        Assert.Equal(2, run.Processes.Count);
        AssertMost(run.Stacks(run.Processes[1]), stack => stack.StartsWith(Callers, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_call_through_the_c_library_is_unwound_through_it()
    {
        Chain.NeedLibrary();
        RecordedRun run = await Profiles.RecordAsync(DwarfPrograms.Dwarf, Chain.Compile(_folder), Chain.Rounds, "sort");

        List<string> stacks = [.. run.Stacks(run.Processes[0]).Where(stack => stack.StartsWith("compare ", StringComparison.Ordinal))];
        Assert.True(stacks.Count > 20, $"{stacks.Count} samples");
        AssertMost(stacks, stack => stack.Contains("qsort", StringComparison.Ordinal)
            && stack.Contains(" sort_all main ", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_stripped_program_is_unwound_as_it_was_before()
    {
        Chain.NeedLibrary();
        string program = Chain.Compile(_folder);
        RecordedRun whole = await Profiles.RecordAsync(DwarfPrograms.Dwarf, program, Chain.Rounds);
        Tools.Run("strip", "-s", program);

        RecordedRun stripped = await Profiles.RecordAsync(DwarfPrograms.Dwarf, program, Chain.Rounds);

        Assert.StartsWith("chain+0x", MostCommon(stripped.Stacks(stripped.Processes[0])), StringComparison.Ordinal);
        Assert.Equal(CallersOfMostCommon(whole), CallersOfMostCommon(stripped));
    }

    [SkippableFact]
    public async Task A_stack_pointer_that_points_nowhere_leaves_the_innermost_frame()
    {
        Chain.NeedLibrary();
        RecordedRun run = await Profiles.RecordAsync(DwarfPrograms.Dwarf, Chain.Compile(_folder), Chain.Rounds, "lost");

        AssertMost(run.Stacks(run.Processes[0]), stack => stack == "lost");
        Assert.Empty(run.Ledger);
    }

    [SkippableFact]
    public async Task Other_events_have_frame_pointers()
    {
        Chain.NeedLibrary();
        RecordedRun run = await Profiles.RecordAsync(
            DwarfPrograms.Dwarf with { Cpu = false, OffCpu = true }, Runs.Tracee("sleeper"), "50");

        Assert.All(run.Profile.Waits.Where(wait => wait.WaitNs > 45_000_000), wait => Assert.NotEqual(0, wait.Stack));
    }

    [SkippableFact]
    public async Task Perf_sees_the_same_callers()
    {
        Chain.NeedLibrary();
        string program = Chain.Compile(_folder);
        List<string> witness = Perf(program);

        RecordedRun run = await Profiles.RecordAsync(DwarfPrograms.Dwarf, program, Chain.Rounds);

        AssertMost(witness, stack => stack.StartsWith(Callers, StringComparison.Ordinal));
        Assert.Equal(UpToMain(MostCommon(witness)), UpToMain(MostCommon(run.Stacks(run.Processes[0]))));
        Assert.Equal(MostCommon(witness).Split(' ').Length, MostCommon(run.Stacks(run.Processes[0])).Split(' ').Length);
    }

    /// <summary>perf record and perf script: the functions of each sample, innermost first.</summary>
    private static List<string> Perf(string program)
    {
        string frequency = DwarfPrograms.Dwarf.Frequency.ToString(CultureInfo.InvariantCulture);
        string text = Tools.Perf(
            ["-e", "cpu-clock:u", "--call-graph", "dwarf", "-F", frequency, program, Chain.Rounds],
            ["script", "-k", "/dev/null", "-F", "ip,sym"]);

        return
        [
            .. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(sample => string.Join(
                ' ', sample.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split(' ')[1]))),
        ];
    }

    private static void AssertMost(List<string> stacks, Func<string, bool> holds)
    {
        Assert.NotEmpty(stacks);
        double share = stacks.Share(holds);
        Assert.True(share > Most, $"{share:P0} of {stacks.Count}; most common: {MostCommon(stacks)}");
    }

    /// <summary>What is below has several names: __libc_start_main and __libc_start_main_impl.</summary>
    private static string UpToMain(string stack) => stack[..(stack.IndexOf(" main ", StringComparison.Ordinal) + 5)];

    private static string MostCommon(List<string> stacks) => stacks.GroupBy(stack => stack).MaxBy(group => group.Count())!.Key;

    /// <summary>The places of the callers, which do not depend on where in the loop a sample came.</summary>
    private static List<ulong> CallersOfMostCommon(RecordedRun run) =>
    [
        .. run.Profile.Samples.GroupBy(sample => run.Profile.Stacks.Parents[sample.Stack]).MaxBy(group => group.Count())!
            .Take(1).SelectMany(sample => run.Profile.Stacks.FramesOf(sample.Stack).Skip(1))
            .Select(frame => run.Profile.Frames[frame].Address),
    ];
}
