using System.IO.Compression;
using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>
/// profile.firefox.json.gz: CPU samples and the processes' programs and ends for the Firefox Profiler, in its processed
/// profile format, version 60, compressed by gzip. From that version on all threads share their tables of stacks, frames and
/// functions, so that ten thousand processes need them once; the profiler upgrades older versions when it opens them.
/// </summary>
/// <remarks>
/// Each process has a thread for its main thread, sampled or not, which carries its markers, and one for each other thread
/// that was sampled. A sample weighs its CPU time in milliseconds. Frames have names already (<c>symbolicated</c>), so
/// <c>nativeSymbols</c> is empty. Addresses of the kernel and of JITs do not fit the format and are left out (-1).
/// </remarks>
public static class FirefoxFile
{
    /// <summary>Its name in the result directory.</summary>
    public const string Name = "profile.firefox.json.gz";

    /// <summary>The version of the processed profile format.</summary>
    public const int FormatVersion = 60;

    /// <summary>So many of the busiest threads are shown at first: nobody reads thousands of tracks.</summary>
    internal const int MaxVisible = 30;

    /// <summary>Categories of frames, by <see cref="FrameKind"/>, behind the default one.</summary>
    private static readonly (string Name, string Color)[] _categories =
        [("Other", "grey"), ("User", "yellow"), ("Kernel", "orange"), ("JIT", "blue")];

    /// <summary>Writes the file to a stream, which stays open. Any thread.</summary>
    /// <exception cref="IOException">The stream refused what was written.</exception>
    public static void Write(Stream output, RecordedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        using var zip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        using Utf8JsonWriter json = FormatJson.Open(zip);
        var index = new RunIndex(run);
        var strings = new FirefoxStrings();
        var threads = new FirefoxThreads(json, index, strings);
        json.WriteStartObject();
        WriteMeta(json, index, threads);
        WriteLibs(json, run.Profile);
        threads.Write();
        json.WriteStartObject("shared");
        WriteTables(json, run.Profile, strings);
        strings.Write(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteMeta(Utf8JsonWriter json, RunIndex index, FirefoxThreads threads)
    {
        RecordedRun run = index.Run;
        string command = FormatText.CommandLine(run.Command ?? []);
        json.WriteStartObject("meta");
        json.WriteNumber("version", 33);
        json.WriteNumber("preprocessedProfileVersion", FormatVersion);
        json.WriteMilliseconds("interval", run.Profile.Frequency > 0 ? 1_000_000_000 / run.Profile.Frequency : 1_000_000);
        json.WriteMilliseconds("startTime", (run.Started - DateTimeOffset.UnixEpoch).Ticks * 100);
        json.WriteNumber("profilingStartTime", 0);
        json.WriteMilliseconds("profilingEndTime", run.DurationNs);
        json.WriteNumber("processType", 0);
        json.WriteString("product", command.Length > 0 ? command : "ForkFollow");
        json.WriteString("importedFrom", "ForkFollow " + FormatText.Clean(run.Version));
        json.WriteString("arguments", command);
        json.WriteString("platform", "Linux");
        json.WriteString("oscpu", "Linux");
        json.WriteNumber("stackwalk", 1);
        json.WriteBoolean("debug", false);
        json.WriteNumber("logicalCPUs", run.Cpus);
        json.WriteBoolean("symbolicated", true);
        json.WriteBoolean("usesOnlyOneStackType", true);
        json.WriteBoolean("sourceCodeIsNotOnSearchfox", true);
        json.WriteBoolean("keepProfileThreadOrder", true);
        json.WriteStartObject("sampleUnits");
        json.WriteString("time", "ms");
        json.WriteString("eventDelay", "ms");
        json.WriteString("threadCPUDelta", index.WeighsTime ? "ns" : "variable CPU cycles");
        json.WriteEndObject();
        WriteCategories(json);
        FirefoxMarkers.WriteSchema(json);
        threads.WriteVisible();
        json.WriteEndObject();
    }

    private static void WriteCategories(Utf8JsonWriter json)
    {
        json.WriteStartArray("categories");
        foreach ((string name, string color) in _categories)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("color", color);
            json.WriteStartArray("subcategories");
            json.WriteStringValue("Other");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>All modules, by their index in the model; resources have the same indexes.</summary>
    private static void WriteLibs(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartArray("libs");
        foreach (ProfileModule module in profile.Modules)
        {
            string name = FormatText.Clean(module.Name);
            string path = FormatText.Clean(module.Path);
            json.WriteStartObject();
            json.WriteString("arch", "");
            json.WriteString("name", name);
            json.WriteString("path", path);
            json.WriteString("debugName", name);
            json.WriteString("debugPath", path);
            json.WriteString("breakpadId", DebugId(module.BuildId));
            if (module.BuildId.Length > 0)
                json.WriteString("codeId", FormatText.Clean(module.BuildId));
            else
                json.WriteNull("codeId");
            json.WriteEndObject();
            json.FlushIfMuch();
        }

        json.WriteEndArray();
    }

    /// <summary>
    /// Breakpad's id of a library: the first 16 bytes of the build id as a GUID, whose first three parts are little-endian,
    /// in upper case, and the age, 0. A shorter build id is filled up with zeros; empty if there is none.
    /// </summary>
    internal static string DebugId(string buildId)
    {
        if (buildId.Length < 2 || buildId.Length % 2 != 0 || !buildId.All(char.IsAsciiHexDigit))
            return "";
        byte[] bytes = new byte[16];
        byte[] id = Convert.FromHexString(buildId);
        id.AsSpan(0, Math.Min(id.Length, bytes.Length)).CopyTo(bytes);
        // The constructor reads the parts as little-endian and prints them as numbers: that is the swap.
        return new Guid(bytes).ToString("N").ToUpperInvariant() + "0";
    }

    private static void WriteTables(Utf8JsonWriter json, Profile profile, FirefoxStrings strings)
    {
        var functions = new FunctionTable(profile);
        FirefoxTable.Write(
            json, "stackTable", profile.Stacks.Parents.Count - 1,
            ("prefix", (to, i) => to.WriteNumberOrNull(profile.Stacks.Parents[i + 1] - 1)),
            ("frame", (to, i) => to.WriteNumberValue(profile.Stacks.Frames[i + 1])));
        FirefoxTable.Write(
            json, "frameTable", profile.Frames.Count,
            ("address", (to, i) => to.WriteNumberValue(Address(profile, profile.Frames[i]))),
            ("inlineDepth", (to, i) => to.WriteNumberValue(0)),
            ("category", (to, i) => to.WriteNumberValue(1 + (int)profile.Modules[profile.Frames[i].Module].Kind)),
            ("subcategory", (to, i) => to.WriteNumberValue(0)),
            ("func", (to, i) => to.WriteNumberValue(functions.Of(i))),
            ("nativeSymbol", FirefoxTable.Null),
            ("innerWindowID", FirefoxTable.Null),
            ("line", FirefoxTable.Null),
            ("column", FirefoxTable.Null));
        FirefoxTable.Write(
            json, "funcTable", functions.Functions.Count,
            ("name", (to, i) => to.WriteNumberValue(strings.Of(functions.Functions[i].Name))),
            ("isJS", (to, i) => to.WriteBooleanValue(false)),
            ("relevantForJS", (to, i) => to.WriteBooleanValue(false)),
            ("resource", (to, i) => to.WriteNumberValue(functions.Functions[i].Module)),
            ("source", FirefoxTable.Null),
            ("lineNumber", FirefoxTable.Null),
            ("columnNumber", FirefoxTable.Null));
        const int Library = 1;
        FirefoxTable.Write(
            json, "resourceTable", profile.Modules.Count,
            ("lib", (to, i) => to.WriteNumberValue(i)),
            ("name", (to, i) => to.WriteNumberValue(strings.Of(FormatText.Clean(profile.Modules[i].Name)))),
            ("host", FirefoxTable.Null),
            ("type", (to, i) => to.WriteNumberValue(Library)));
        FirefoxTable.Write(
            json, "nativeSymbols", 0,
            ("libIndex", FirefoxTable.Null),
            ("address", FirefoxTable.Null),
            ("name", FirefoxTable.Null),
            ("functionSize", FirefoxTable.Null));
        FirefoxTable.Write(json, "sources", 0, ("uuid", FirefoxTable.Null), ("filename", FirefoxTable.Null));
    }

    /// <summary>The profiler keeps addresses in 32 bits.</summary>
    private static long Address(Profile profile, ProfileFrame frame) =>
        profile.Modules[frame.Module].Kind == FrameKind.User && frame.Address <= int.MaxValue ? (long)frame.Address : -1;
}
