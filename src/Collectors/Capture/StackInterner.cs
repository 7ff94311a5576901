using ForkFollow.Results.Protocol;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Gives each place in the code and each stack a number, once for the run, and puts what is new into the current chunk of
/// the recording. Reader thread.
/// </summary>
internal sealed class StackInterner
{
    private readonly Dictionary<(int Module, ulong Address), int> _frames = [];
    private readonly Dictionary<ulong, int> _nodes = [];

    /// <summary>The number of a place in the code.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="address">The offset in the module's file; the address for the kernel and for code of a JIT.</param>
    /// <param name="chunk">Takes it if it is new.</param>
    internal int Frame(int module, ulong address, Chunk chunk) => Frame(module, address, chunk, out _);

    /// <summary>As above, and whether it was new.</summary>
    internal int Frame(int module, ulong address, Chunk chunk, out bool added)
    {
        added = !_frames.TryGetValue((module, address), out int frame);
        if (!added)
            return frame;
        frame = _frames.Count;
        _frames.Add((module, address), frame);
        chunk.Frames ??= new();
        chunk.Frames.Module.Add((uint)module);
        chunk.Frames.Address.Add(address);
        return frame;
    }

    /// <summary>The number of a stack.</summary>
    /// <param name="caller">The stack below; 0 for none.</param>
    /// <param name="frame">The frame on top.</param>
    /// <param name="chunk">Takes it if it is new.</param>
    internal int Node(int caller, int frame, Chunk chunk)
    {
        ulong key = ((ulong)(uint)caller << 32) | (uint)frame;
        if (_nodes.TryGetValue(key, out int node))
            return node;
        node = _nodes.Count + 1;
        _nodes.Add(key, node);
        chunk.Nodes ??= new();
        chunk.Nodes.Parent.Add((uint)caller);
        chunk.Nodes.Frame.Add((uint)frame);
        return node;
    }

    /// <summary>All frames and their numbers.</summary>
    internal IReadOnlyDictionary<(int Module, ulong Address), int> Frames => _frames;
}
