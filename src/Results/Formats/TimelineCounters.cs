using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>The counters of <see cref="TimelineFile"/>: CPU use over time, from samples, and what /proc told.</summary>
/// <remarks>
/// CPU use is how many CPUs were kept busy, in steps of at least 10 ms and at most 1,000 steps a run: a sample fills the step
/// that it lies in. A counter keeps its value until the next event, so steps that repeat the value before are left out.
/// </remarks>
internal sealed class TimelineCounters
{
    private const long MinStepNs = 10_000_000;
    private const int MaxSteps = 1000;

    private readonly Utf8JsonWriter _json;
    private readonly RunIndex _index;
    private readonly long _stepNs;
    private readonly long[] _total;
    private readonly long[] _own;

    internal TimelineCounters(Utf8JsonWriter json, RunIndex index)
    {
        _json = json;
        _index = index;
        _stepNs = Math.Max(MinStepNs, (index.Run.DurationNs / MaxSteps) + 1);
        _total = new long[MaxSteps + 1];
        _own = new long[MaxSteps + 1];
    }

    /// <summary>Writes the counters of a process.</summary>
    internal void Write(RecordedProcess process)
    {
        foreach (RecordedTick tick in process.Procfs ?? [])
        {
            WriteCount(process.Id, "RSS", "bytes", tick.AtNs, tick.RssBytes);
            WriteCount(process.Id, "threads", "threads", tick.AtNs, tick.Threads);
            if (tick.Fds is { } files)
                WriteCount(process.Id, "fds", "fds", tick.AtNs, files);
        }

        // Cycles do not tell how long a CPU was busy.
        if (!_index.WeighsTime)
            return;
        (int first, int last) = (int.MaxValue, -1);
        foreach (int thread in _index.ThreadsOf(process))
        {
            foreach (int index in _index.SamplesOf(thread))
            {
                CpuSample sample = _index.Run.Profile.Samples[index];
                int step = (int)Math.Clamp(sample.TimeNs / _stepNs, 0, MaxSteps);
                _own[step] += sample.Weight;
                _total[step] += sample.Weight;
                (first, last) = (Math.Min(first, step), Math.Max(last, step));
            }
        }

        if (last < 0)
            return;
        WriteCpu(process.Id, _own, first, last);
        Array.Clear(_own, first, last - first + 1);
    }

    /// <summary>Writes the CPU use of all processes together, as a process 0 of its own. After all others.</summary>
    internal void WriteTotal()
    {
        if (!_index.WeighsTime || _index.Run.Profile.Samples.Count == 0)
            return;
        _json.WriteBegin("M", "process_name", "__metadata", 0, 0, 0);
        _json.WriteStartObject("args");
        _json.WriteString("name", "all processes");
        _json.WriteEndObject();
        _json.WriteEnd();
        WriteCpu(0, _total, 0, Array.FindLastIndex(_total, step => step != 0));
    }

    private void WriteCpu(int pid, long[] steps, int first, int last)
    {
        long before = 0;
        for (int i = first; i <= last + 1; i++)
        {
            long busy = i <= last ? steps[i] : 0;
            if (busy == before)
                continue;
            _json.WriteBegin("C", "CPU", "cpu", pid, pid, i * _stepNs);
            _json.WriteStartObject("args");
            _json.WriteNumber("CPUs", Math.Round((decimal)busy / _stepNs, 3));
            _json.WriteEndObject();
            _json.WriteEnd();
            before = busy;
        }
    }

    private void WriteCount(int pid, string name, string key, long atNs, long value)
    {
        _json.WriteBegin("C", name, "procfs", pid, pid, Math.Max(0, atNs));
        _json.WriteStartObject("args");
        _json.WriteNumber(key, value);
        _json.WriteEndObject();
        _json.WriteEnd();
    }
}
