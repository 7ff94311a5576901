using System.Text.Json;
using ForkFollow.Collectors.Formats;
using ForkFollow.Collectors.Recording;
using ForkFollow.Follower;

namespace ForkFollow.Collectors;

/// <summary>
/// tree.json: the processes of a run (docs/results.md has the schema). Written whole and put in place by a rename, so
/// that a reader never finds half a file; written again as the run goes, so that little is lost if we are killed.
/// </summary>
public static class TreeFile
{
    /// <summary>Its name in the result directory.</summary>
    public const string Name = "tree.json";

    private const int Schema = 1;

    /// <summary>So many processes are copied under the lock at once: the tracer thread may wait for it.</summary>
    private const int BatchSize = 64;

    /// <summary>Writes the file. Any thread, one at a time.</summary>
    /// <exception cref="IOException">The disk is full, or the directory is gone.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not ours to write in.</exception>
    public static void Write(string directory, RunResults results, FollowerFigures figures, long now)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(figures);
        ResultFile.Write(directory, Name, file =>
        {
            using var writer = new Utf8JsonWriter(file, new() { Indented = false });
            WriteRun(writer, results, figures, now);
        });
    }

    private static void WriteRun(Utf8JsonWriter json, RunResults results, FollowerFigures figures, long now)
    {
        json.WriteStartObject();
        json.WriteNumber("schema", Schema);
        json.WriteString("forkfollow", typeof(TreeFile).Assembly.GetName().Version?.ToString(3));
        json.WriteString("started", results.Started);
        json.WriteNumber("durationNs", (results.EndTimestamp == 0 ? now : results.EndTimestamp) - results.StartTimestamp);
        json.WriteNumber("cpus", Environment.ProcessorCount);
        WriteStrings(json, "command", results.Command);

        json.WriteStartArray("processes");
        var batch = new List<ProcessResult>(BatchSize);
        int next = 1;
        while (next != 0)
        {
            batch.Clear();
            next = results.CopyTo(batch, next, BatchSize);
            foreach (ProcessResult result in batch)
                WriteProcess(json, result, results.StartTimestamp);
            json.Flush();
        }

        json.WriteEndArray();
        WriteFollower(json, figures);
        WriteLedger(json, figures);
        json.WriteEndObject();
    }

    private static void WriteProcess(Utf8JsonWriter json, ProcessResult result, long start)
    {
        FollowedProcess process = result.Process;
        ProcessEnd end = process.End;
        json.WriteStartObject();
        json.WriteNumber("id", process.Id);
        WriteOptional(json, "parentId", process.Parent?.Id);
        json.WriteNumber("pid", process.Pid);
        json.WriteNumber("parentPid", process.ParentPid);
        json.WriteString("origin", LiveRun.NameOf(process.Origin));
        json.WriteNumber("startNs", process.StartTimestamp - start);
        WriteOptional(json, "endNs", end == ProcessEnd.Alive ? null : process.EndTimestamp - start);
        json.WriteString("comm", process.Comm);
        json.WriteStartArray("execs");
        foreach (ExecImage image in process.Execs)
        {
            json.WriteStartObject();
            json.WriteNumber("atNs", image.Timestamp - start);
            json.WriteString("path", image.Path);
            WriteStrings(json, "args", image.GetArguments());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("threads", process.ThreadsSeen);
        WriteExit(json, process.Exit);
        json.WriteString("end", LiveRun.NameOf(end));
        WriteUsage(json, result.Usage);
        WriteCounters(json, result);
        json.WriteNumber("samples", result.Samples);
        json.WriteNumber("lost", result.Lost);
        WriteWaits(json, result.Waits);
        WriteSyscalls(json, result.Syscalls);
        WriteTicks(json, result.Procfs);
        TreeFileDotNet.Write(json, result.DotNet);
        WriteStrings(json, "collectors", result.CollectorNames);
        json.WriteEndObject();
    }

    private static void WriteExit(Utf8JsonWriter json, ProcessExit? exit)
    {
        if (exit is null)
        {
            json.WriteNull("exit");
            return;
        }

        json.WriteStartObject("exit");
        if (exit.Signal == 0)
        {
            json.WriteNumber("code", exit.Code);
        }
        else
        {
            json.WriteNumber("signal", exit.Signal);
            json.WriteString("name", Signals.Name(exit.Signal));
            json.WriteBoolean("core", exit.DumpedCore);
        }

        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, ResourceUsage? usage)
    {
        if (usage is null)
        {
            json.WriteNull("rusage");
            return;
        }

        json.WriteStartObject("rusage");
        json.WriteNumber("userNs", usage.UserNs);
        json.WriteNumber("systemNs", usage.SystemNs);
        json.WriteNumber("maxRssBytes", usage.MaxRssBytes);
        json.WriteNumber("minorFaults", usage.MinorFaults);
        json.WriteNumber("majorFaults", usage.MajorFaults);
        WriteOptional(json, "voluntarySwitches", usage.VoluntarySwitches);
        WriteOptional(json, "involuntarySwitches", usage.InvoluntarySwitches);
        json.WriteEndObject();
    }

    private static void WriteCounters(Utf8JsonWriter json, ProcessResult result)
    {
        json.WriteStartObject("counters");
        CounterValues? counters = result.Counters;
        for (int i = 0; i < (counters?.Events.Count ?? 0); i++)
            json.WriteNumber(counters!.Events[i], counters.Values[i]);
        foreach ((string name, long count) in result.Events ?? new Dictionary<string, long>())
            json.WriteNumber(name, count);
        json.WriteEndObject();
    }

    private static void WriteWaits(Utf8JsonWriter json, RecordedWaits? waits)
    {
        if (waits is null)
            return;
        json.WriteStartObject("waits");
        json.WriteNumber("count", waits.Count);
        json.WriteNumber("ns", waits.Ns);
        json.WriteNumber("runQueueNs", waits.RunQueueNs);
        json.WriteEndObject();
    }

    private static void WriteSyscalls(Utf8JsonWriter json, IReadOnlyList<RecordedSyscall>? calls)
    {
        if (calls is null)
            return;
        json.WriteStartArray("syscalls");
        foreach (RecordedSyscall call in calls)
        {
            json.WriteStartObject();
            json.WriteString("name", call.Name);
            json.WriteNumber("count", call.Count);
            json.WriteNumber("errors", call.Errors);
            json.WriteNumber("totalNs", call.TotalNs);
            json.WriteNumber("p50Ns", call.P50Ns);
            json.WriteNumber("p99Ns", call.P99Ns);
            json.WriteNumber("maxNs", call.MaxNs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTicks(Utf8JsonWriter json, IReadOnlyList<RecordedTick>? ticks)
    {
        if (ticks is null)
            return;
        json.WriteStartArray("procfs");
        foreach (RecordedTick tick in ticks)
        {
            json.WriteStartObject();
            json.WriteNumber("atNs", tick.AtNs);
            json.WriteString("state", tick.State);
            json.WriteNumber("rssBytes", tick.RssBytes);
            json.WriteNumber("threads", tick.Threads);
            WriteOptional(json, "fds", tick.Fds);
            WriteOptional(json, "readBytes", tick.ReadBytes);
            WriteOptional(json, "writeBytes", tick.WriteBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFollower(Utf8JsonWriter json, FollowerFigures figures)
    {
        json.WriteStartObject("follower");
        json.WriteNumber("stops", figures.Stops);
        json.WriteNumber("births", figures.Births);
        json.WriteNumber("threadBirths", figures.ThreadBirths);
        json.WriteNumber("execs", figures.Execs);
        json.WriteStartObject("heldNs");
        json.WriteNumber("p50", figures.Held.Quantile(0.5));
        json.WriteNumber("p99", figures.Held.Quantile(0.99));
        json.WriteNumber("max", figures.Held.Max);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLedger(Utf8JsonWriter json, FollowerFigures figures)
    {
        json.WriteStartArray("ledger");
        foreach (LedgerEntry entry in figures.Ledger)
        {
            json.WriteStartObject();
            json.WriteString("kind", LiveRun.NameOf(entry.Kind));
            json.WriteNumber("pid", entry.Pid);
            json.WriteString("text", entry.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
