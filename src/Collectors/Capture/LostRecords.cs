using System.Globalization;
using ForkFollow.Collectors.Perf;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// What rings had no room for, in words for the ledger: of which collector, and whose. What the targets did has rings of its own; what
/// comes from the whole machine may be anybody's.
/// </summary>
internal static class LostRecords
{
    private const int MostProcesses = 3;

    /// <summary>A line for what the targets lost, and one for what was lost of the whole machine.</summary>
    /// <param name="byEvent">By event, as the kernel has counted them; empty if it does not.</param>
    /// <param name="ours">How many of the targets were told by the rings.</param>
    /// <param name="ofMachine">How many of the whole machine were.</param>
    /// <param name="processes">The processes of the run.</param>
    internal static IEnumerable<string> Describe(
        IReadOnlyDictionary<StreamEvent, long> byEvent, long ours, long ofMachine, IReadOnlyList<ProcessResult> processes)
    {
        (long count, string what) = Sum(byEvent, wholeMachine: false, ours);
        if (count > 0)
        {
            yield return $"{Number(count)} records were lost since the ring buffer of a CPU was full: {what}{Whose(processes)}; samples and counts of "
                + "those are too low; tree.json has them by process, and a larger ring is had with --mmap-pages";
        }

        (count, what) = Sum(byEvent, wholeMachine: true, ofMachine);
        if (count > 0)
        {
            yield return $"{Number(count)} records of the whole machine were lost since the ring buffer of a CPU was full: {what}; they are of whatever "
                + "ran, and so not counted as this run's: it may lack samples and names of functions; a larger ring is had with --mmap-pages";
        }
    }

    private static (long Count, string What) Sum(IReadOnlyDictionary<StreamEvent, long> byEvent, bool wholeMachine, long told)
    {
        (string What, long Count)[] sums =
        [
            .. byEvent.Where(one => one.Key.WholeMachine == wholeMachine).GroupBy(one => WhatOf(one.Key.Kind), one => one.Value)
                .Select(one => (one.Key, one.Sum())).OrderByDescending(one => one.Item2),
        ];
        return sums.Length == 0
            ? (told, "of which collector this kernel does not tell")
            : (sums.Sum(one => one.Count), string.Join(", ", sums.Select(one => $"{Number(one.Count)} {one.What}")));
    }

    private static string WhatOf(StreamEventKind kind) => kind switch
    {
        StreamEventKind.Cpu => "of cpu",
        StreamEventKind.Switch or StreamEventKind.Wakeup => "of offcpu",
        StreamEventKind.SyscallEnter or StreamEventKind.SyscallExit => "of syscalls",
        StreamEventKind.Trace => "of trace",
        _ => "of mappings, names and births",
    };

    private static string Whose(IReadOnlyList<ProcessResult> processes)
    {
        ProcessResult[] most = [.. processes.Where(one => one.Lost > 0).OrderByDescending(one => one.Lost).Take(MostProcesses)];
        return most.Length == 0 ? "" : ", most of them by " + string.Join(", ", most.Select(one => $"{one.Process} ({Number(one.Lost)})"));
    }

    private static string Number(long count) => count.ToString(CultureInfo.InvariantCulture);
}
