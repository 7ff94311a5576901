using System.Text.Json;

namespace ForkFollow.Results.Formats;

/// <summary>
/// profile.speedscope.json: CPU samples for speedscope, by its published schema. A profile per thread that was sampled.
/// Samples that follow each other with the same functions are one, with the sum of their weights: nothing that speedscope
/// shows depends on them being apart, and what runs long in one place takes little room.
/// </summary>
/// <remarks>
/// speedscope builds every profile when it opens the file, and lists them all in one menu. So of more than
/// <see cref="MaxProfiles"/> threads the busiest have profiles of their own, and all others share a last one, in which
/// their program and thread are the two outermost frames of each stack.
/// </remarks>
public static class SpeedscopeFile
{
    /// <summary>Its name in the result directory.</summary>
    public const string Name = "profile.speedscope.json";

    /// <summary>So many threads have a profile of their own.</summary>
    public const int MaxProfiles = 1000;

    /// <summary>Writes the file to a stream, which stays open. Any thread.</summary>
    /// <exception cref="IOException">The stream refused what was written.</exception>
    public static void Write(Stream output, RecordedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        new Writer(output, run).Write();
    }

    private sealed class Writer
    {
        private readonly Stream _output;
        private readonly RunIndex _index;
        private readonly Profile _profile;
        private readonly FunctionTable _functions;
        private readonly FunctionStacks _stacks;
        private readonly List<int> _own = [];
        private readonly List<int> _rest = [];
        private readonly Dictionary<string, int> _programFrames = [];
        private readonly List<int> _path = [];
        private int _busiest;

        internal Writer(Stream output, RecordedRun run)
        {
            _output = output;
            _index = new(run);
            _profile = run.Profile;
            _functions = new(run.Profile);
            _stacks = new(run.Profile.Stacks, _functions);
        }

        internal void Write()
        {
            ShareOut();
            using Utf8JsonWriter json = FormatJson.Open(_output);
            json.WriteStartObject();
            json.WriteString("$schema", "https://www.speedscope.app/file-format-schema.json");
            json.WriteString("exporter", $"ForkFollow {_index.Run.Version}");
            json.WriteString("name", FormatText.CommandLine(_index.Run.Command ?? []) is { Length: > 0 } line ? line : "ForkFollow");
            json.WriteNumber("activeProfileIndex", _busiest);
            json.WriteStartObject("shared");
            WriteFrames(json);
            json.WriteEndObject();
            json.WriteStartArray("profiles");
            foreach (int thread in _own)
                WriteProfile(json, _index.FullName(thread), [thread], grouped: false);
            if (_rest.Count > 0)
                WriteProfile(json, $"{FormatJson.Invariant(_rest.Count)} more threads", _rest, grouped: true);
            if (_own.Count == 0)
                WriteProfile(json, "nothing was sampled", [], grouped: false);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        /// <summary>Decides who has a profile of its own; both lists stay in the order of the model.</summary>
        private void ShareOut()
        {
            int[] sampled = [.. Enumerable.Range(0, _profile.Threads.Count).Where(thread => !_index.SamplesOf(thread).IsEmpty)];
            Dictionary<int, long> weights = sampled.ToDictionary(thread => thread, _index.WeightOf);
            int[] byWeight = [.. sampled.OrderByDescending(thread => weights[thread])];
            HashSet<int> own = [.. byWeight.Take(MaxProfiles)];
            foreach (int thread in sampled)
                (own.Contains(thread) ? _own : _rest).Add(thread);
            _busiest = byWeight.Length == 0 ? 0 : _own.IndexOf(byWeight[0]);
            foreach (string program in _rest.Select(Program).Distinct())
                _programFrames.Add(program, _functions.Functions.Count + _programFrames.Count);
        }

        private string Program(int thread) => RunIndex.Name(_index.ProcessOf(thread));

        /// <summary>Functions first, then the programs and then the threads that share the last profile.</summary>
        private void WriteFrames(Utf8JsonWriter json)
        {
            json.WriteStartArray("frames");
            string[] files = [.. _profile.Modules.Select(module => FormatText.Clean(module.Path))];
            foreach ((string name, int module) in _functions.Functions)
                WriteFrame(json, name, files[module]);
            foreach (string program in _programFrames.Keys)
                WriteFrame(json, program, null);
            foreach (int thread in _rest)
                WriteFrame(json, _index.FullName(thread), null);
            json.WriteEndArray();
        }

        private static void WriteFrame(Utf8JsonWriter json, string name, string? file)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            if (file is not null)
                json.WriteString("file", file);
            json.WriteEndObject();
            json.FlushIfMuch();
        }

        private void WriteProfile(Utf8JsonWriter json, string name, List<int> threads, bool grouped)
        {
            json.WriteStartObject();
            json.WriteString("type", "sampled");
            json.WriteString("name", name);
            json.WriteString("unit", _index.WeighsTime ? "nanoseconds" : "none");
            json.WriteNumber("startValue", 0);
            json.WriteNumber("endValue", threads.Sum(_index.WeightOf));
            json.WriteStartArray("samples");
            for (int i = 0; i < threads.Count; i++)
            {
                foreach ((int stack, _) in Runs(threads[i]))
                    WriteStack(json, stack, grouped ? i : -1);
            }

            json.WriteEndArray();
            json.WriteStartArray("weights");
            foreach (int thread in threads)
            {
                foreach ((_, long weight) in Runs(thread))
                    json.WriteNumberValue(weight);
                json.FlushIfMuch();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.FlushIfMuch();
        }

        private void WriteStack(Utf8JsonWriter json, int stack, int restThread)
        {
            json.WriteStartArray();
            if (restThread >= 0)
            {
                json.WriteNumberValue(_programFrames[Program(_rest[restThread])]);
                json.WriteNumberValue(_functions.Functions.Count + _programFrames.Count + restThread);
            }

            _stacks.CopyTo(_path, stack);
            foreach (int function in _path)
                json.WriteNumberValue(function);
            json.WriteEndArray();
            json.FlushIfMuch();
        }

        /// <summary>A thread's samples, those that follow each other with the same functions as one.</summary>
        private IEnumerable<(int Stack, long Weight)> Runs(int thread)
        {
            int count = _index.SamplesOf(thread).Length;
            int stack = -1;
            long weight = 0;
            for (int i = 0; i < count; i++)
            {
                CpuSample sample = _profile.Samples[_index.SamplesOf(thread)[i]];
                int next = _stacks.Of(sample.Stack);
                if (next != stack && i > 0)
                {
                    yield return (stack, weight);
                    weight = 0;
                }

                stack = next;
                weight += sample.Weight;
            }

            if (count > 0)
                yield return (stack, weight);
        }
    }
}
