using System.Text;
using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>
/// report.html: one page that shows a run, opened from disk, without a network. The page (src/Collectors/Web, bundled
/// by the build) is a resource of this assembly; the run goes into it as JSON, in columns and with a table of strings,
/// so that tens of thousands of processes stay small. Times in it count from the beginning of the tree.
/// </summary>
/// <remarks>
/// Names come from hostile processes. The JSON stands in a script element of type application/json, which ends at the
/// first <c>&lt;/script</c> and nowhere else: so every &lt;, &gt; and &amp; is escaped, which
/// <see cref="Utf8JsonWriter"/> does by default, along with everything that is not ASCII. Half a surrogate pair becomes
/// U+FFFD. What the page does with the text is the page's matter: src/Collectors/Web/src/text.js.
/// </remarks>
public static class HtmlReport
{
    /// <summary>Its name in the result directory.</summary>
    public const string Name = "report.html";

    private const string Marker = "@@RUN@@";
    private const string Resource = "report.html";

    private static readonly Lazy<(byte[] Head, byte[] Tail)> _page = new(LoadPage);

    /// <summary>Why it cannot be written: what, why, remedy in one line; null if it can. A build without Node.js has no page.</summary>
    public static string? Refusal { get; } = typeof(HtmlReport).Assembly.GetManifestResourceInfo(Resource) is not null
        ? null
        : $"{Name} cannot be written: this build has no page for it, since Node.js, which bundles it, was missing; install Node.js 20 with "
            + "npm and build again, or choose other formats (--format)";

    /// <summary>Writes the page. Any thread; two of one run are the same, byte for byte.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public static void Write(Stream output, RecordedRun run)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(run);
        output.Write(_page.Value.Head);
        WriteData(output, run);
        output.Write(_page.Value.Tail);
        output.Flush();
    }

    /// <summary>Writes what the page is given, alone.</summary>
    internal static void WriteData(Stream output, RecordedRun run)
    {
        using var json = new Utf8JsonWriter(output);
        var columns = new ReportColumns(json);
        json.WriteStartObject();
        RecordedSpan tree = run.Tree;
        WriteRun(json, columns, run, tree);
        ReportProcesses.Write(columns, run.Processes, tree.StartNs);
        ReportProfile.Write(columns, run, tree);
        columns.WriteStrings();
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteRun(Utf8JsonWriter json, ReportColumns columns, RecordedRun run, RecordedSpan tree)
    {
        json.WriteNumber("format", 1);
        json.WriteString("version", run.Version);
        json.WriteString("started", run.Started);
        json.WriteNumber("durationNs", tree.WallNs);
        json.WriteNumber("ownNs", run.DurationNs);
        json.WriteNumber("startNs", tree.StartNs);
        json.WriteNumber("cpus", run.Cpus);
        if (run.Command is null)
            json.WriteNull("command");
        else
            columns.Write("command", run.Command.Select(word => (long)columns.Index(word)));
        json.WriteStartObject("ledger");
        columns.WriteTexts("kind", run.Ledger, note => note.Kind);
        columns.Write("pid", run.Ledger.Select(note => (long)note.Pid));
        columns.WriteTexts("text", run.Ledger, note => note.Text);
        json.WriteEndObject();
    }

    private static (byte[] Head, byte[] Tail) LoadPage()
    {
        using Stream stream = typeof(HtmlReport).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException(Refusal);
        byte[] page = new byte[stream.Length];
        stream.ReadExactly(page);
        int at = page.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Marker));
        if (at < 0)
            throw new InvalidOperationException($"{Resource} has no place for the run ({Marker}).");
        return (page[..at], page[(at + Marker.Length)..]);
    }
}
