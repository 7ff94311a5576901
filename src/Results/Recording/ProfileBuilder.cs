using ForkFollow.Results.Protocol;

namespace ForkFollow.Results;

/// <summary>Makes a profile of the chunks of a recording.</summary>
internal sealed class ProfileBuilder
{
    private readonly List<ProfileModule> _modules = [];
    private readonly List<(int Module, ulong Address)> _frames = [];
    private readonly List<int> _parents = [0];
    private readonly List<int> _nodeFrames = [-1];
    private readonly List<ProfileThread> _threads = [];
    private readonly List<CpuSample> _samples = [];
    private bool _samplesInOrder = true;
    private readonly Dictionary<(int Thread, int Stack), WaitPlace> _waits = [];
    private readonly Dictionary<(int Event, int Thread, int Stack), long> _traces = [];
    private readonly Dictionary<int, string> _functions = [];
    private bool _hasSymbols;

    /// <summary>The header of the first chunk; null if there is none.</summary>
    internal Header? Header { get; private set; }

    private long Period => Header!.Frequency > 0 ? 1_000_000_000L / Header.Frequency : 0;

    /// <summary>
    /// Adds the next chunk. False, and nothing of it is added, if its columns are of different lengths or a number in it refers to what
    /// is neither in it nor before it: so if bytes of the file were changed.
    /// </summary>
    internal bool TryAdd(Chunk chunk)
    {
        Header ??= chunk.Header;
        if (Header is null || !HasEvenColumns(chunk) || !RefersToWhatIsThere(chunk))
            return false;
        foreach (Module module in chunk.Modules)
            _modules.Add(new(module.Path, module.BuildId, (FrameKind)module.Kind));
        foreach (LateBuildId late in chunk.BuildIds.Where(late => late.Module < _modules.Count))
            _modules[(int)late.Module] = _modules[(int)late.Module] with { BuildId = late.BuildId };
        if (chunk.Frames is { } frames)
            _frames.AddRange(frames.Module.Select((module, i) => ((int)module, frames.Address[i])));
        if (chunk.Nodes is { } nodes)
        {
            _parents.AddRange(nodes.Parent.Select(parent => (int)parent));
            _nodeFrames.AddRange(nodes.Frame.Select(frame => (int)frame));
        }

        foreach (Protocol.Thread thread in chunk.Threads)
            _threads.Add(new(thread.Process, thread.Tid, thread.Name));
        foreach (ThreadName name in chunk.ThreadNames.Where(name => name.Thread < _threads.Count))
            _threads[(int)name.Thread] = _threads[(int)name.Thread] with { Name = name.Name };
        AddSamples(chunk.Samples);
        AddWaits(chunk.Waits);
        AddTraces(chunk.Traces);
        _hasSymbols |= chunk.HasSymbols;
        foreach (Symbol symbol in chunk.Symbols)
            _functions[(int)symbol.Frame] = symbol.Function;
        return true;
    }

    private bool RefersToWhatIsThere(Chunk chunk)
    {
        int modules = _modules.Count + chunk.Modules.Count;
        int frames = _frames.Count + (chunk.Frames?.Module.Count ?? 0);
        int nodes = _parents.Count + (chunk.Nodes?.Frame.Count ?? 0);
        int threads = _threads.Count + chunk.Threads.Count;
        return AreBelow(chunk.Frames?.Module, modules)
            && AreBelow(chunk.Nodes?.Frame, frames)
            && (chunk.Nodes?.Parent.Index().All(node => node.Item < (uint)(_parents.Count + node.Index)) ?? true)
            && AreBelow(chunk.Samples?.Thread, threads) && AreBelow(chunk.Samples?.Stack, nodes)
            && AreBelow(chunk.Waits?.Thread, threads) && AreBelow(chunk.Waits?.Stack, nodes)
            && AreBelow(chunk.Traces?.Thread, threads) && AreBelow(chunk.Traces?.Stack, nodes)
            && AreBelow(chunk.Traces?.Event, Header!.TraceEvents.Count)
            && chunk.Symbols.All(symbol => symbol.Frame < (uint)frames);
    }

    private static bool AreBelow(IEnumerable<uint>? numbers, int count) => numbers?.All(one => one < (uint)count) ?? true;

    private static bool HasEvenColumns(Chunk chunk) =>
        Even(chunk.Frames?.Module.Count, chunk.Frames?.Address.Count)
        && Even(chunk.Nodes?.Parent.Count, chunk.Nodes?.Frame.Count)
        && Even(chunk.Samples?.Time.Count, chunk.Samples?.Thread.Count, chunk.Samples?.Stack.Count)
        && Even(
            chunk.Waits?.Thread.Count, chunk.Waits?.Stack.Count, chunk.Waits?.Count.Count, chunk.Waits?.WaitNs.Count,
            chunk.Waits?.RunQueueNs.Count)
        && Even(
            chunk.Traces?.Event.Count, chunk.Traces?.Thread.Count, chunk.Traces?.Stack.Count, chunk.Traces?.Count.Count);

    private static bool Even(params ReadOnlySpan<int?> counts) => !counts.ContainsAnyExcept(counts[0]);

    /// <summary>The profile of all chunks.</summary>
    internal Profile Build() => new()
    {
        CpuEvent = Header!.CpuEvent.Length == 0 ? null : Header.CpuEvent,
        Frequency = Header.Frequency,
        UserOnly = Header.UserOnly,
        WholeMachine = Header.WholeMachine,
        HasSymbols = _hasSymbols,
        Modules = _modules,
        Frames = [.. _frames.Select((frame, i) => MakeFrame(i, frame.Module, frame.Address))],
        Stacks = new(_parents, _nodeFrames),
        Threads = _threads,
        Samples = _samplesInOrder ? _samples : [.. _samples.OrderBy(sample => sample.TimeNs)],
        Waits = [.. _waits.Values],
        TraceEvents = [.. Header.TraceEvents],
        Traces = [.. _traces.Select(one => new TracePlace(one.Key.Event, one.Key.Thread, one.Key.Stack, one.Value))],
    };

    private ProfileFrame MakeFrame(int frame, int module, ulong address)
    {
        string? function = _functions.GetValueOrDefault(frame);
        if (function is not (null or ""))
            return new(function, module, address);
        string name = _modules[module].Name;
        return new(name == ProfileModule.Unknown ? name : $"{name}+0x{address:x}", module, address);
    }

    private void AddSamples(Samples? samples)
    {
        long time = 0;
        for (int i = 0; i < (samples?.Time.Count ?? 0); i++)
        {
            time += samples!.Time[i];

            // Stacks that are unwound at the end come behind those that had not to be.
            _samplesInOrder &= _samples.Count == 0 || _samples[^1].TimeNs <= time;
            _samples.Add(new(time, (int)samples.Thread[i], (int)samples.Stack[i], Period));
        }
    }

    private void AddWaits(Waits? waits)
    {
        for (int i = 0; i < (waits?.Thread.Count ?? 0); i++)
        {
            (int Thread, int Stack) key = ((int)waits!.Thread[i], (int)waits.Stack[i]);
            WaitPlace sum = _waits.GetValueOrDefault(key, new(key.Thread, key.Stack, 0, 0, 0));
            _waits[key] = sum with
            {
                Count = sum.Count + (long)waits.Count[i],
                WaitNs = sum.WaitNs + (long)waits.WaitNs[i],
                RunQueueNs = sum.RunQueueNs + (long)waits.RunQueueNs[i],
            };
        }
    }

    private void AddTraces(Traces? traces)
    {
        for (int i = 0; i < (traces?.Event.Count ?? 0); i++)
        {
            var key = ((int)traces!.Event[i], (int)traces.Thread[i], (int)traces.Stack[i]);
            _traces[key] = _traces.GetValueOrDefault(key) + (long)traces.Count[i];
        }
    }
}
