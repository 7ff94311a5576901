using System.Text.RegularExpressions;
using ForkFollow.Results.Formats;

namespace ForkFollow.Results;

/// <summary>The files of a run, taken together.</summary>
public static partial class RunFiles
{
    /// <summary>The folder of a result directory that has the event streams of .NET runtimes.</summary>
    public const string TraceFolder = "dotnet";

    /// <summary>What their names end in.</summary>
    public const string TraceEnding = ".nettrace";

    /// <summary>tree.json, as one of the files that a run can be written as.</summary>
    public static ResultFormat Tree { get; } = new("tree", TreeFile.Name, TreeFile.Write);

    /// <summary>
    /// Whether a name in a result directory is one of ours: that of a file, <c>FOLDER/</c> for a folder, <c>FOLDER/NAME</c> for a file
    /// in it.
    /// </summary>
    public static bool IsOurs(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith(TraceFolder + "/", StringComparison.Ordinal))
            return name.Length == TraceFolder.Length + 1 || Trace().IsMatch(WithoutTemporary(name[(TraceFolder.Length + 1)..]));
        string file = WithoutTemporary(name);
        return file is TreeFile.Name or RecordingReader.Name or ResultDirectory.Unnamed
            || ResultFormats.All.Any(format => format.File == file);
    }

    /// <summary>Reads the run of a result directory: what can be had.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="say">Takes what cannot be had: what, why, remedy in a line.</param>
    /// <returns>The run, with the names of its functions as far as they are known; null if the directory has none.</returns>
    /// <exception cref="InvalidDataException">Its tree.json is none that can be read.</exception>
    /// <exception cref="IOException">Its tree.json cannot be read.</exception>
    public static RecordedRun? Read(ResultDirectory directory, Action<string> say) =>
        TreeFile.Read(directory) is { } run ? run with { Profile = ReadProfile(directory, say) } : null;

    /// <summary>Reads what was sampled, as far as it can be had.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="say">Takes what cannot be had.</param>
    public static Profile ReadProfile(ResultDirectory directory, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(say);
        try
        {
            return Symbolizer.Complete(RecordingReader.Read(directory, say));
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            say($"no samples: {e.Message}");
            return Profile.Empty;
        }
    }

    private static string WithoutTemporary(string name) => ResultDirectory.NameOfTemporary(name) ?? name;

    /// <summary>PID, PID.ID or PID.ID.NUMBER.</summary>
    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+){0,2}\.nettrace\z")]
    private static partial Regex Trace();
}
