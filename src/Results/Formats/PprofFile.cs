using System.IO.Compression;
using Google.Protobuf;
using Proto = Perftools.Profiles;

namespace ForkFollow.Results.Formats;

/// <summary>
/// profile.pb.gz: CPU samples, waits and traced events for pprof (Protocol/profile.proto), compressed by gzip. A sample per
/// thread and stack, with the labels <c>process</c>, <c>thread</c>, <c>pid</c>, <c>tid</c> and <c>id</c> (the process's in
/// tree.json): <c>pprof -tagfocus</c> and <c>-tagroot=process</c> take the tree apart again.
/// </summary>
/// <remarks>
/// A protobuf message is its fields one after the other, so the profile is written field by field and never held whole.
/// The string table comes last, when all strings are known; readers take fields in any order.
/// </remarks>
public static class PprofFile
{
    /// <summary>Its name in the result directory.</summary>
    public const string Name = "profile.pb.gz";

    /// <summary>Writes the file to a stream, which stays open. Any thread.</summary>
    /// <exception cref="IOException">The stream refused what was written.</exception>
    public static void Write(Stream output, RecordedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        using var zip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        using var coded = new CodedOutputStream(zip, leaveOpen: true);
        new Writer(coded, run).Write();
    }

    private sealed class Writer
    {
        private readonly CodedOutputStream _output;
        private readonly RecordedRun _run;
        private readonly Profile _profile;
        private readonly RunIndex _index;
        private readonly List<string> _strings = [""];
        private readonly Dictionary<string, int> _stringIndex = new() { [""] = 0 };
        private readonly Proto.Sample _sample = new();
        private readonly int _waits;
        private readonly int _traces;

        internal Writer(CodedOutputStream output, RecordedRun run)
        {
            _output = output;
            _run = run;
            _profile = run.Profile;
            _index = new(run);
            int types = WriteSampleTypes(out _waits, out _traces);
            _sample.Value.AddRange(new long[types]);
        }

        internal void Write()
        {
            WriteHeader();
            WriteMappings();
            WriteFunctionsAndLocations();
            WriteSamples();
            foreach (string text in _strings)
            {
                _output.WriteTag(Proto.Profile.StringTableFieldNumber, WireFormat.WireType.LengthDelimited);
                _output.WriteString(text);
            }
        }

        /// <summary>CPU first, then waits if there are any, then each traced event.</summary>
        private int WriteSampleTypes(out int waits, out int traces)
        {
            List<(string Type, string Unit)> types = [("samples", "count"), CpuType];
            waits = types.Count;
            if (_profile.Waits.Count > 0)
                types.AddRange([("waits", "count"), ("offcpu", "nanoseconds"), ("runqueue", "nanoseconds")]);
            traces = types.Count;
            if (_profile.Traces.Count > 0)
                types.AddRange(_profile.TraceEvents.Select(name => (FormatText.Clean(name), "count")));
            foreach ((string type, string unit) in types)
                Put(Proto.Profile.SampleTypeFieldNumber, new Proto.ValueType { Type = Text(type), Unit = Text(unit) });
            return types.Count;
        }

        private (string Type, string Unit) CpuType => _index.WeighsTime ? ("cpu", "nanoseconds") : ("cycles", "count");

        private void WriteHeader()
        {
            var header = new Proto.Profile
            {
                TimeNanos = (_run.Started - DateTimeOffset.UnixEpoch).Ticks * 100,
                DurationNanos = _run.DurationNs,
                PeriodType = new() { Type = Text(CpuType.Type), Unit = Text(CpuType.Unit) },
                // How many cycles lie between two samples is the kernel's choice, over and over.
                Period = _index.WeighsTime && _profile.Frequency > 0 ? 1_000_000_000 / _profile.Frequency : 0,
                DefaultSampleType = _profile.Samples.Count > 0 ? Text(CpuType.Type)
                    : _profile.Waits.Count > 0 ? Text("offcpu") : 0,
            };
            header.Comment.Add(Text($"ForkFollow {FormatText.Clean(_run.Version)}"));
            if (_run.Command is { } command)
                header.Comment.Add(Text("command: " + FormatText.CommandLine(command)));
            header.WriteTo(_output);
        }

        /// <summary>
        /// The launched program's mapping goes first, by which pprof names the profile; ids are module indexes + 1.
        /// </summary>
        private void WriteMappings()
        {
            ulong[] limits = new ulong[_profile.Modules.Count];
            foreach (ProfileFrame frame in _profile.Frames)
                limits[frame.Module] = Math.Max(limits[frame.Module], Math.Min(frame.Address, ulong.MaxValue - 1) + 1);
            string? main = _run.Processes is [{ Image: { } first }, ..] ? first.Path : null;
            foreach (int module in Enumerable.Range(0, limits.Length).OrderBy(i => _profile.Modules[i].Path != main))
            {
                Put(Proto.Profile.MappingFieldNumber, new Proto.Mapping
                {
                    Id = (ulong)module + 1,
                    MemoryLimit = limits[module],
                    Filename = Text(FormatText.Clean(_profile.Modules[module].Path)),
                    BuildId = Text(_profile.Modules[module].BuildId is { Length: > 0 } id ? FormatText.Clean(id) : ""),
                    HasFunctions = true,
                });
            }
        }

        private void WriteFunctionsAndLocations()
        {
            var functions = new FunctionTable(_profile);
            for (int i = 0; i < functions.Functions.Count; i++)
            {
                int name = Text(functions.Functions[i].Name);
                var function = new Proto.Function { Id = (ulong)i + 1, Name = name, SystemName = name };
                Put(Proto.Profile.FunctionFieldNumber, function);
            }

            for (int i = 0; i < _profile.Frames.Count; i++)
            {
                ProfileFrame frame = _profile.Frames[i];
                var location = new Proto.Location
                {
                    Id = (ulong)i + 1,
                    MappingId = (ulong)frame.Module + 1,
                    Address = frame.Address,
                    Line = { new Proto.Line { FunctionId = (ulong)functions.Of(i) + 1 } },
                };
                Put(Proto.Profile.LocationFieldNumber, location);
            }
        }

        private void WriteSamples()
        {
            int labelled = -1;
            for (int thread = 0; thread < _profile.Threads.Count; thread++)
            {
                if (_index.SamplesOf(thread).IsEmpty)
                    continue;
                Label(thread, ref labelled);
                foreach ((int stack, (long count, long weight)) in _index.StacksOf(thread, stack => stack))
                    WriteSample(stack, 0, count, weight);
            }

            foreach (WaitPlace wait in _profile.Waits)
            {
                Label(wait.Thread, ref labelled);
                WriteSample(wait.Stack, _waits, wait.Count, wait.WaitNs, wait.RunQueueNs);
            }

            foreach (TracePlace trace in _profile.Traces)
            {
                Label(trace.Thread, ref labelled);
                WriteSample(trace.Stack, _traces + trace.Event, trace.Count);
            }
        }

        private void WriteSample(int stack, int type, params ReadOnlySpan<long> values)
        {
            _sample.LocationId.Clear();
            foreach (int frame in _profile.Stacks.FramesOf(stack))
                _sample.LocationId.Add((ulong)frame + 1);
            for (int i = 0; i < _sample.Value.Count; i++)
                _sample.Value[i] = i >= type && i < type + values.Length ? values[i - type] : 0;
            Put(Proto.Profile.SampleFieldNumber, _sample);
        }

        private void Label(int thread, ref int labelled)
        {
            if (labelled == thread)
                return;
            labelled = thread;
            RecordedProcess process = _index.ProcessOf(thread);
            _sample.Label.Clear();
            _sample.Label.Add(new Proto.Label { Key = Text("process"), Str = Text(RunIndex.Name(process)) });
            _sample.Label.Add(new Proto.Label { Key = Text("thread"), Str = Text(_index.ThreadName(thread)) });
            _sample.Label.Add(new Proto.Label { Key = Text("pid"), Num = process.Pid });
            _sample.Label.Add(new Proto.Label { Key = Text("tid"), Num = _profile.Threads[thread].Tid });
            _sample.Label.Add(new Proto.Label { Key = Text("id"), Num = process.Id });
        }

        private void Put(int field, IMessage message)
        {
            _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            _output.WriteMessage(message);
        }

        /// <summary>The index of a string in the table.</summary>
        private int Text(string text)
        {
            if (!_stringIndex.TryGetValue(text, out int index))
            {
                _stringIndex.Add(text, index = _strings.Count);
                _strings.Add(text);
            }

            return index;
        }
    }
}
