using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>
/// The threads of a <see cref="FirefoxFile"/>, each with its samples; a main thread with its process's markers.
/// </summary>
internal sealed class FirefoxThreads
{
    private readonly Utf8JsonWriter _json;
    private readonly RunIndex _index;
    private readonly FirefoxStrings _strings;
    private readonly List<(RecordedProcess Process, int Thread)> _threads = [];

    /// <summary>Lays down which threads there are: of each process its main thread, and all others that have samples.</summary>
    internal FirefoxThreads(Utf8JsonWriter json, RunIndex index, FirefoxStrings strings)
    {
        _json = json;
        _index = index;
        _strings = strings;
        foreach (RecordedProcess process in index.Processes)
        {
            int main = -1;
            foreach (int thread in index.ThreadsOf(process))
            {
                if (main < 0 && index.Run.Profile.Threads[thread].Tid == process.Pid)
                    main = thread;
            }

            _threads.Add((process, main));
            foreach (int thread in index.ThreadsOf(process))
            {
                if (thread != main && !index.SamplesOf(thread).IsEmpty)
                    _threads.Add((process, thread));
            }
        }
    }

    /// <summary>Writes which threads the profiler shows and selects when it opens the file.</summary>
    internal void WriteVisible()
    {
        List<long> weights = [.. _threads.Select(entry => entry.Thread < 0 ? 0 : _index.WeightOf(entry.Thread))];
        int[] byWeight = [.. Enumerable.Range(0, _threads.Count).OrderByDescending(i => weights[i])];
        _json.WriteStartArray("initialVisibleThreads");
        foreach (int i in byWeight.Take(FirefoxFile.MaxVisible).Order())
            _json.WriteNumberValue(i);
        _json.WriteEndArray();
        _json.WriteStartArray("initialSelectedThreads");
        foreach (int i in byWeight.Take(1))
            _json.WriteNumberValue(i);
        _json.WriteEndArray();
    }

    /// <summary>Writes all threads.</summary>
    internal void Write()
    {
        _json.WriteStartArray("threads");
        for (int i = 0; i < _threads.Count; i++)
        {
            bool main = i == 0 || _threads[i - 1].Process.Id != _threads[i].Process.Id;
            WriteThread(_threads[i].Process, _threads[i].Thread, main);
        }

        _json.WriteEndArray();
    }

    private void WriteThread(RecordedProcess process, int thread, bool main)
    {
        string program = RunIndex.Name(process);
        long? end = process.EndNs;
        _json.WriteStartObject();
        _json.WriteString("processType", "default");
        _json.WriteMilliseconds("processStartupTime", process.StartNs);
        _json.WriteMilliseconds("processShutdownTime", end);
        _json.WriteMilliseconds("registerTime", process.StartNs);
        _json.WriteMilliseconds("unregisterTime", end);
        _json.WriteStartArray("pausedRanges");
        _json.WriteEndArray();
        _json.WriteString("name", main || thread < 0 ? program : _index.ThreadName(thread));
        _json.WriteBoolean("isMainThread", main);
        _json.WriteString("processName", program);
        _json.WriteString("pid", _index.Pid(process));
        _json.WriteString("tid", thread < 0 ? _index.Pid(process) : _index.Tid(thread));
        if (main)
            _json.WriteBoolean("showMarkersInTimeline", true);
        WriteSamples(thread);
        FirefoxMarkers.Write(_json, main ? process : null, _index.Run.DurationNs, _strings);
        _json.WriteEndObject();
        _json.FlushIfMuch();
    }

    /// <summary>Thread -1 has none.</summary>
    private void WriteSamples(int thread)
    {
        List<CpuSample> rows = Rows(thread);
        _json.WriteStartObject("samples");
        _json.WriteNumber("length", rows.Count);
        _json.WriteColumn("stack", rows.Count, (to, i) => to.WriteNumberOrNull(rows[i].Stack - 1));
        _json.WriteColumn("time", rows.Count, (to, i) => to.WriteMillisecondsValue(rows[i].TimeNs));
        _json.WriteString("weightType", _index.WeighsTime ? "tracing-ms" : "samples");
        _json.WriteColumn("weight", rows.Count, (to, i) => WriteWeight(to, rows[i].Weight));
        _json.WriteColumn("threadCPUDelta", rows.Count, (to, i) => to.WriteNumberValue(rows[i].Weight));
        _json.WriteEndObject();
    }

    /// <summary>
    /// The samples of a thread, and before the first one and after each gap an empty one of no weight. For the profiler takes
    /// a sample's CPU time as used since the sample before: it would smear it over the gap, and drops that of the first.
    /// </summary>
    private List<CpuSample> Rows(int thread)
    {
        List<CpuSample> rows = [];
        if (thread < 0)
            return rows;
        Profile profile = _index.Run.Profile;
        long interval = profile.Frequency > 0 ? 1_000_000_000 / profile.Frequency : 1_000_000;
        foreach (int index in _index.SamplesOf(thread))
        {
            CpuSample sample = profile.Samples[index];
            long from = sample.TimeNs - (_index.WeighsTime ? sample.Weight : interval);
            if (rows.Count == 0 || from - rows[^1].TimeNs > interval)
                rows.Add(new(from, thread, 0, 0));
            rows.Add(sample);
        }

        return rows;
    }

    private void WriteWeight(Utf8JsonWriter json, long weight)
    {
        if (_index.WeighsTime)
            json.WriteMillisecondsValue(weight);
        else
            json.WriteNumberValue(weight);
    }
}
