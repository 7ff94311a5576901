using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>The markers of a <see cref="FirefoxFile"/>: a span for each program of a process, and its end.</summary>
internal static class FirefoxMarkers
{
    private const int Instant = 0;
    private const int Interval = 1;

    /// <summary>Writes what the profiler shows of a marker, for the two types of marker.</summary>
    internal static void WriteSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("markerSchema");
        WriteType(
            json, "Exec", "{marker.data.command}", "A program, from its exec to the next one or the end.", "path", "command");
        WriteType(json, "ProcessEnd", "{marker.data.how}", "The end of a process, or of our following it.", "how");
        json.WriteEndArray();
    }

    /// <summary>Writes the markers of a process; null for an empty table.</summary>
    internal static void Write(Utf8JsonWriter json, RecordedProcess? process, long durationNs, FirefoxStrings strings)
    {
        IReadOnlyList<RecordedExec> programs = process is null ? [] : ProgramsOf(process);
        long? end = process?.EndNs;
        int length = programs.Count + (end is null ? 0 : 1);
        long EndOf(int i) => i + 1 < programs.Count ? programs[i + 1].AtNs : end ?? Math.Max(durationNs, programs[i].AtNs);
        FirefoxTable.Write(
            json, "markers", length,
            ("name", (to, i) => to.WriteNumberValue(strings.Of(i < programs.Count ? NameOf(process!, programs[i]) : EndName(process!)))),
            ("startTime", (to, i) => to.WriteMillisecondsValue(i < programs.Count ? programs[i].AtNs : end)),
            ("endTime", (to, i) => to.WriteMillisecondsValue(i < programs.Count ? EndOf(i) : null)),
            ("phase", (to, i) => to.WriteNumberValue(i < programs.Count ? Interval : Instant)),
            ("category", (to, i) => to.WriteNumberValue(0)),
            ("data", (to, i) => WriteData(to, process!, i < programs.Count ? programs[i] : null)));
    }

    private static void WriteType(
        Utf8JsonWriter json, string name, string label, string description, params ReadOnlySpan<string> fields)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("tooltipLabel", label);
        json.WriteString("tableLabel", label);
        json.WriteString("chartLabel", label);
        json.WriteString("description", description);
        json.WriteStartArray("display");
        foreach (string place in (ReadOnlySpan<string>)["marker-chart", "marker-table", "timeline-overview"])
            json.WriteStringValue(place);
        json.WriteEndArray();
        json.WriteStartArray("fields");
        foreach (string field in fields)
        {
            json.WriteStartObject();
            json.WriteString("key", field);
            json.WriteString("label", field);
            json.WriteString("format", "string");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteData(Utf8JsonWriter json, RecordedProcess process, RecordedExec? program)
    {
        json.WriteStartObject();
        if (program is not null)
        {
            json.WriteString("type", "Exec");
            json.WriteString("path", FormatText.Clean(program.Path));
            json.WriteString("command", FormatText.CommandLine(program.Args));
        }
        else
        {
            json.WriteString("type", "ProcessEnd");
            json.WriteString("how", How(process));
        }

        json.WriteEndObject();
    }

    /// <summary>All that it ran: what an attached process was found with was not executed then.</summary>
    private static IReadOnlyList<RecordedExec> ProgramsOf(RecordedProcess process) =>
        process.Found is { } found ? [found, .. process.Execs] : process.Execs;

    private static string NameOf(RecordedProcess process, RecordedExec program) =>
        (program == process.Found ? "found " : "exec ") + FormatText.Clean(program.Name);

    private static string EndName(RecordedProcess process) => process.Exit is null ? FormatText.Clean(process.End) : "exit";

    private static string How(RecordedProcess process) => process.Exit switch
    {
        null => FormatText.Clean(process.End),
        { Signal: 0 } exit => $"exit code {FormatJson.Invariant(exit.Code)}",
        { } exit => "killed by " + FormatText.Clean(exit.Name ?? FormatJson.Invariant(exit.Signal))
            + (exit.Core ? ", core dumped" : ""),
    };
}
