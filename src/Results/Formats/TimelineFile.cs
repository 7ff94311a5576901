using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>
/// timeline.json: the run as Chrome trace events (the JSON object format), for Perfetto and chrome://tracing. Each process
/// is a slice from birth to end, with a slice inside for each program that it ran, a flow from its parent, instants for exec
/// and exit, and counters of CPU use and of memory.
/// </summary>
/// <remarks>
/// The trace's <c>pid</c> is the process's <c>id</c> in tree.json: viewers keep one track per pid, and the kernel hands a pid
/// out again. The real one is in the names and arguments. Likewise the trace's <c>tid</c> of a main thread is that id, and of
/// others the real tid. Times are microseconds, exact to the nanosecond. What began before the run is drawn from 0, with its
/// true begin in <c>args</c>: a service attached to after weeks would leave no room for the run.
/// </remarks>
public static class TimelineFile
{
    /// <summary>Its name in the result directory.</summary>
    public const string Name = "timeline.json";

    /// <summary>Writes the file to a stream, which stays open. Any thread.</summary>
    /// <exception cref="IOException">The stream refused what was written.</exception>
    public static void Write(Stream output, RecordedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        using Utf8JsonWriter json = FormatJson.Open(output);
        var index = new RunIndex(run);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartObject("otherData");
        json.WriteString("forkfollow", run.Version);
        json.WriteString("started", run.Started);
        json.WriteString("command", FormatText.CommandLine(run.Command ?? []));
        json.WriteEndObject();
        json.WriteStartArray("traceEvents");
        var processes = new TimelineProcesses(json, index);
        var counters = new TimelineCounters(json, index);
        foreach (RecordedProcess process in index.Processes)
        {
            processes.Write(process);
            counters.Write(process);
        }

        counters.WriteTotal();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Begins an event: what all of them have. <see cref="WriteEnd"/> ends it.</summary>
    internal static void WriteBegin(
        this Utf8JsonWriter json, string phase, string name, string category, int pid, long tid, long atNs)
    {
        json.WriteStartObject();
        json.WriteString("ph", phase);
        json.WriteString("name", name);
        json.WriteString("cat", category);
        json.WriteNumber("pid", pid);
        json.WriteNumber("tid", tid);
        json.WriteMicroseconds("ts", atNs);
    }

    /// <summary>Ends an event.</summary>
    internal static void WriteEnd(this Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.FlushIfMuch();
    }
}
