using System.Text;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>The .NET runtimes of an executable, added up.</summary>
/// <param name="Program">The executable. Not safe to print.</param>
/// <param name="Runtimes">How many of its processes had one.</param>
/// <param name="Collections">Garbage collections of all generations.</param>
/// <param name="PauseNs">How long those stopped the program, all together.</param>
/// <param name="MaxPauseNs">The longest of it.</param>
/// <param name="AllocatedBytes">What was allocated.</param>
/// <param name="Methods">Methods compiled.</param>
/// <param name="JitNs">How long that took.</param>
/// <param name="Exceptions">Exceptions thrown.</param>
internal sealed record TreeReportRuntimes(
    string Program, int Runtimes, long Collections, long PauseNs, long MaxPauseNs, long AllocatedBytes, long Methods, long JitNs,
    long Exceptions);

/// <summary>What .NET runtimes told, a line per executable; nothing if there was none.</summary>
internal static class TreeReportDotNet
{
    private const int MostPrograms = 10;
    private const int LongestName = 40;

    private static readonly string[] _heading = ["RUNTIMES", "GCS", "PAUSE", "LONGEST", "ALLOCATED", "JITTED", "JIT TIME", "THROWN"];

    /// <summary>The executables with the most allocations first.</summary>
    internal static IReadOnlyList<TreeReportRuntimes> Build(RecordedRun run, Executables executables) =>
    [
        .. run.Processes.Where(process => process.DotNet is not null).GroupBy(executables.NameOf, StringComparer.Ordinal)
            .Select(group => Make(group.Key, [.. group.Select(process => process.DotNet!)]))
            .OrderByDescending(one => one.AllocatedBytes).ThenBy(one => one.Program, StringComparer.Ordinal),
    ];

    /// <summary>Writes them.</summary>
    internal static void Write(StringBuilder output, IReadOnlyList<TreeReportRuntimes> programs, int width)
    {
        if (programs.Count == 0)
            return;
        string[][] rows = [_heading, .. programs.Take(MostPrograms).Select(Cells)];
        int[] widths = [.. Enumerable.Range(0, _heading.Length).Select(i => rows.Max(row => row[i].Length))];
        output.Append(".NET\n");
        for (int r = 0; r < rows.Length; r++)
        {
            string figures = string.Join("  ", rows[r].Select((cell, i) => cell.PadLeft(widths[i])));
            string name = r == 0 ? "" : SafeText.Escape(Cut(programs[r - 1].Program));
            output.Append(SafeText.Cut($"{figures}  {name}".TrimEnd(), width, "...")).Append('\n');
        }

        if (programs.Count > MostPrograms)
            output.Append(Units.Exact(programs.Count - MostPrograms)).Append(" more executables with runtimes are in tree.json\n");
    }

    private static TreeReportRuntimes Make(string program, List<RecordedDotNet> runtimes) => new(
        program, runtimes.Count, Sum(runtimes, one => one.Gc.Gen0), Sum(runtimes, one => one.Gc.PauseNs),
        runtimes.Max(one => one.Gc.MaxPauseNs), Sum(runtimes, one => one.Gc.AllocatedBytes), Sum(runtimes, one => one.Jit.Methods),
        Sum(runtimes, one => one.Jit.Ns), Sum(runtimes, one => one.Exceptions));

    /// <summary>The figures come from the processes: their sum may leave the range.</summary>
    private static long Sum(List<RecordedDotNet> runtimes, Func<RecordedDotNet, long> figure) =>
        (long)runtimes.Aggregate(0.0, (sum, one) => sum + figure(one));

    private static string[] Cells(TreeReportRuntimes one) =>
    [
        Units.Exact(one.Runtimes), Units.Count(one.Collections), Units.Duration(one.PauseNs), Units.Duration(one.MaxPauseNs),
        Units.Bytes(one.AllocatedBytes), Units.Count(one.Methods), Units.Duration(one.JitNs), Units.Count(one.Exceptions),
    ];

    private static string Cut(string name) => name.Length > LongestName ? name[..LongestName] : name;
}
