using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>The events of <see cref="TimelineFile"/> about processes and threads.</summary>
internal sealed class TimelineProcesses(Utf8JsonWriter json, RunIndex index)
{
    /// <summary>No kernel gives out a tid this high: for a thread whose tid is the number of its process's main track.</summary>
    private const long NoTid = 1L << 31;

    /// <summary>Writes all events of a process but its counters.</summary>
    internal void Write(RecordedProcess process)
    {
        WriteNames(process);
        WriteLife(process);
        if (process.Found is { } found)
            WriteProgram(process, found, process.Execs is [{ } first, ..] ? first : null, "found");
        for (int i = 0; i < process.Execs.Count; i++)
            WriteProgram(process, process.Execs[i], i + 1 < process.Execs.Count ? process.Execs[i + 1] : null, "exec");
        WriteEnd(process);
        WriteBirth(process);
        foreach (int thread in index.ThreadsOf(process))
            WriteThread(process, thread);
    }

    private static string NameOf(RecordedProcess process) =>
        $"{RunIndex.Name(process)} [{FormatJson.Invariant(process.Pid)}]";

    private static long Begin(RecordedProcess process) => Math.Max(0, process.StartNs);

    private long End(RecordedProcess process) => Math.Max(Begin(process), process.EndNs ?? index.Run.DurationNs);

    private void WriteNames(RecordedProcess process)
    {
        WriteMetadata(process.Id, process.Id, "process_name", "name", NameOf(process));
        string labels = $"pid {FormatJson.Invariant(process.Pid)}, {process.Origin}";
        WriteMetadata(process.Id, process.Id, "process_labels", "labels", labels);
        WriteMetadata(process.Id, process.Id, "thread_name", "name", NameOf(process));
        json.WriteBegin("M", "process_sort_index", "__metadata", process.Id, process.Id, 0);
        json.WriteStartObject("args");
        json.WriteNumber("sort_index", process.Id);
        json.WriteEndObject();
        json.WriteEnd();
    }

    private void WriteMetadata(int pid, long tid, string name, string key, string value)
    {
        json.WriteBegin("M", name, "__metadata", pid, tid, 0);
        json.WriteStartObject("args");
        json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteEnd();
    }

    private void WriteLife(RecordedProcess process)
    {
        json.WriteBegin("X", NameOf(process), "process", process.Id, process.Id, Begin(process));
        json.WriteMicroseconds("dur", End(process) - Begin(process));
        json.WriteStartObject("args");
        json.WriteNumber("id", process.Id);
        json.WriteNumber("pid", process.Pid);
        if (process.ParentId is { } parent)
            json.WriteNumber("parentId", parent);
        json.WriteNumber("parentPid", process.ParentPid);
        json.WriteString("origin", process.Origin);
        json.WriteNumber("startNs", process.StartNs);
        json.WriteNumber("threads", process.Threads);
        if (process.Rusage is { } usage)
        {
            json.WriteNumber("userNs", usage.UserNs);
            json.WriteNumber("systemNs", usage.SystemNs);
            json.WriteNumber("maxRssBytes", usage.MaxRssBytes);
        }

        json.WriteEndObject();
        json.WriteEnd();
    }

    /// <summary>A program runs from its exec, or from when it was found, to the next one, or to the end of the process.</summary>
    private void WriteProgram(RecordedProcess process, RecordedExec program, RecordedExec? next, string began)
    {
        long end = End(process);
        long from = Math.Clamp(program.AtNs, Begin(process), end);
        long to = next is null ? end : Math.Clamp(next.AtNs, from, end);
        string path = FormatText.Clean(program.Path);
        foreach (string phase in (ReadOnlySpan<string>)["X", "i"])
        {
            string name = phase == "X" ? FormatText.Clean(program.Name) : began;
            json.WriteBegin(phase, name, "exec", process.Id, process.Id, from);
            if (phase == "X")
                json.WriteMicroseconds("dur", to - from);
            else
                json.WriteString("s", "t");
            json.WriteStartObject("args");
            json.WriteString("path", path);
            json.WriteString("command", FormatText.CommandLine(program.Args));
            json.WriteEndObject();
            json.WriteEnd();
        }
    }

    private void WriteEnd(RecordedProcess process)
    {
        if (process.EndNs is null)
            return;
        string name = process.Exit is null ? process.End : "exit";
        json.WriteBegin("i", name, "exit", process.Id, process.Id, End(process));
        json.WriteString("s", "t");
        json.WriteStartObject("args");
        json.WriteNumber("pid", process.Pid);
        if (process.Exit is { Signal: 0 } exit)
        {
            json.WriteNumber("code", exit.Code);
        }
        else if (process.Exit is { } killed)
        {
            json.WriteNumber("signal", killed.Signal);
            json.WriteString("name", killed.Name is { } signal ? FormatText.Clean(signal) : "?");
            json.WriteBoolean("core", killed.Core);
        }

        json.WriteEndObject();
        json.WriteEnd();
    }

    /// <summary>An arrow from the parent's slice to the child's. Its id is the child's.</summary>
    private void WriteBirth(RecordedProcess process)
    {
        if (index.Process(process.ParentId) is not { } parent || process.StartNs < 0)
            return;
        // An arrow binds to the slice that is open at its time; the parent's is, unless its end was told late.
        long from = Math.Clamp(process.StartNs, Begin(parent), End(parent));
        json.WriteBegin("s", process.Origin, "birth", parent.Id, parent.Id, from);
        json.WriteNumber("id", process.Id);
        json.WriteEnd();
        json.WriteBegin("f", process.Origin, "birth", process.Id, process.Id, process.StartNs);
        json.WriteNumber("id", process.Id);
        json.WriteString("bp", "e");
        json.WriteEnd();
    }

    /// <summary>A thread other than the main one has a track of its own: a slice from its first sample to its last.</summary>
    private void WriteThread(RecordedProcess process, int thread)
    {
        Profile profile = index.Run.Profile;
        int tid = profile.Threads[thread].Tid;
        ReadOnlySpan<int> samples = index.SamplesOf(thread);
        if (tid == process.Pid || samples.IsEmpty)
            return;
        long track = tid == process.Id ? NoTid + tid : tid;
        (CpuSample first, CpuSample last) = (profile.Samples[samples[0]], profile.Samples[samples[^1]]);
        // A sample stands for the time before it.
        long from = Math.Max(Begin(process), first.TimeNs - (index.WeighsTime ? first.Weight : 0));
        WriteMetadata(process.Id, track, "thread_name", "name", $"{index.ThreadName(thread)} ({index.Tid(thread)})");
        json.WriteBegin("X", "sampled", "thread", process.Id, track, from);
        json.WriteMicroseconds("dur", Math.Max(0, last.TimeNs - from));
        json.WriteStartObject("args");
        json.WriteNumber("tid", tid);
        json.WriteNumber("samples", samples.Length);
        json.WriteNumber(index.WeighsTime ? "cpuNs" : "cycles", index.WeightOf(thread));
        json.WriteEndObject();
        json.WriteEnd();
    }
}
