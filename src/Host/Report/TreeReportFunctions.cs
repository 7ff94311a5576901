using System.Globalization;
using System.Text;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>Where an executable's CPU time went, all its processes together.</summary>
/// <param name="Program">The executable. Not safe to print.</param>
/// <param name="Samples">How many samples there are of it.</param>
/// <param name="Share">Its part of all samples, 0 to 1.</param>
/// <param name="Functions">The functions with the most samples of their own, not safe to print, and their part of its samples.</param>
internal sealed record TreeReportProgram(
    string Program, long Samples, double Share, IReadOnlyList<(string Function, string Module, double Share)> Functions);

/// <summary>The top functions of each executable: those that were running, not their callers.</summary>
internal static class TreeReportFunctions
{
    private const int MostPrograms = 5;
    private const int MostFunctions = 5;
    private const int LongestName = 200;

    /// <summary>The executable of a process that tree.json does not have: it was written before the process was born.</summary>
    private const string Unknown = "(unknown)";

    /// <summary>One sample is chance.</summary>
    private const int FewestSamples = 2;

    private const double LeastShare = 0.01;

    /// <summary>The executables with the most samples, the first one first; empty if CPU time was not sampled.</summary>
    internal static IReadOnlyList<TreeReportProgram> Build(RecordedRun run)
    {
        Profile profile = run.Profile;
        Dictionary<int, string> programs = ProgramsOf(run);
        var counts = new Dictionary<string, Dictionary<(string, string), long>>();
        foreach (CpuSample sample in profile.Samples)
        {
            string program = programs.GetValueOrDefault(profile.Threads[sample.Thread].ProcessId, Unknown);
            if (!counts.TryGetValue(program, out Dictionary<(string, string), long>? functions))
                counts.Add(program, functions = []);
            int frame = profile.Stacks.Frames[sample.Stack];
            (string, string) key = frame < 0
                ? ("[no stack]", "")
                : (profile.Frames[frame].Function, profile.Modules[profile.Frames[frame].Module].Name);
            functions[key] = functions.GetValueOrDefault(key) + 1;
        }

        return
        [
            .. counts.Select(one => Make(one.Key, one.Value, profile.Samples.Count))
                .Where(one => one.Share >= LeastShare).OrderByDescending(one => one.Samples).ThenBy(one => one.Program, StringComparer.Ordinal).Take(MostPrograms),
        ];
    }

    /// <summary>How CPU time was sampled, in a line; null if it was not.</summary>
    internal static string? Describe(RecordedRun run)
    {
        Profile profile = run.Profile;
        if (profile.CpuEvent is null)
            return null;
        bool nameless = profile.Modules.Any(one => one.Name == "libcoreclr.so") && run.Processes.All(one => one.DotNet is null);
        string limits = (profile.UserOnly ? ", user mode only" : "")
            + (profile.WholeMachine ? "" : ", none of processes that used less than a period")
            + (nameless ? "; names of .NET methods need --collect dotnet besides" : "");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"CPU time by {profile.CpuEvent} at {profile.Frequency} Hz, {Units.Exact(profile.Samples.Count)} samples{limits}");
    }

    /// <summary>Writes them; nothing if there are none.</summary>
    internal static void Write(
        StringBuilder output, string? sampling, IReadOnlyList<TreeReportProgram> programs, int width)
    {
        if (sampling is not null)
            output.Append(sampling).Append('\n');
        foreach (TreeReportProgram program in programs)
        {
            output.Append(Percent(program.Share).PadLeft(6)).Append("  ").Append(SafeText.Escape(program.Program)).Append('\n');
            foreach ((string function, string module, double share) in program.Functions)
            {
                string name = SafeText.Escape(function.Length > LongestName ? function[..LongestName] : function);
                string line = $"{Percent(share),14}  {name}{(module.Length == 0 ? "" : $"  [{SafeText.Escape(module.Trim('[', ']'))}]")}";
                output.Append(SafeText.Cut(line, width, "...")).Append('\n');
            }
        }
    }

    /// <summary>What each process ran: a fork that never called exec runs its parent's program.</summary>
    private static Dictionary<int, string> ProgramsOf(RecordedRun run)
    {
        var programs = new Dictionary<int, string>(run.Processes.Count);
        foreach (RecordedProcess process in run.Processes)
        {
            bool inherits = process.Image is null && process.ParentId is not null;
            programs[process.Id] = inherits && programs.TryGetValue(process.ParentId!.Value, out string? parents)
                ? parents
                : TreeReportBuilder.NameOf(process);
        }

        return programs;
    }

    private static TreeReportProgram Make(string program, Dictionary<(string, string), long> functions, int all)
    {
        long samples = functions.Values.Sum();
        return new(program, samples, (double)samples / all,
        [
            .. functions.Where(one => one.Value >= FewestSamples).OrderByDescending(one => one.Value).ThenBy(one => one.Key.Item1, StringComparer.Ordinal).Take(MostFunctions)
                .Select(one => (one.Key.Item1, one.Key.Item2, (double)one.Value / samples)),
        ]);
    }

    private static string Percent(double part) => (part * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%";
}
