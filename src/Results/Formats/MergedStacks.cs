using System.Runtime.InteropServices;

namespace ForkFollow.Results.Formats;

/// <summary>
/// The stacks of a profile by function, not by address: what is called at several places of one function is one node.
/// Holds only what <see cref="NodeOf"/> was asked for. Node 0 is the empty stack; parents come before children.
/// </summary>
internal sealed class MergedStacks
{
    private const int Unknown = -1;

    private readonly Profile _profile;

    /// <summary>For each frame its function.</summary>
    private readonly int[] _functionOfFrame;

    /// <summary>For each node of the profile its node here.</summary>
    private readonly int[] _nodes;

    /// <summary>For each function a frame of it.</summary>
    private readonly List<int> _functions = [];

    private readonly List<int> _parents = [0];
    private readonly List<int> _functionOfNode = [-1];
    private readonly Dictionary<(int Parent, int Function), int> _children = [];

    internal MergedStacks(Profile profile)
    {
        _profile = profile;
        _functionOfFrame = new int[profile.Frames.Count];
        var functions = new Dictionary<(string Name, int Module), int>();
        for (int i = 0; i < profile.Frames.Count; i++)
        {
            ProfileFrame frame = profile.Frames[i];
            ref int function = ref CollectionsMarshal.GetValueRefOrAddDefault(
                functions, (frame.Function, frame.Module), out bool known);
            if (!known)
            {
                function = _functions.Count;
                _functions.Add(i);
            }

            _functionOfFrame[i] = function;
        }

        _nodes = new int[profile.Stacks.Parents.Count];
        Array.Fill(_nodes, Unknown);
        _nodes[0] = 0;
    }

    /// <summary>The node for a node of the profile.</summary>
    internal int NodeOf(int stack)
    {
        // From the stack outwards until a node that is known, then back in: no recursion, since stacks can be deep.
        var path = new Stack<int>();
        int node;
        for (node = stack; _nodes[node] == Unknown; node = _profile.Stacks.Parents[node])
            path.Push(node);
        int merged = _nodes[node];
        while (path.TryPop(out node))
        {
            int function = _functionOfFrame[_profile.Stacks.Frames[node]];
            ref int child =
                ref CollectionsMarshal.GetValueRefOrAddDefault(_children, (merged, function), out bool known);
            if (!known)
            {
                child = _parents.Count;
                _parents.Add(merged);
                _functionOfNode.Add(function);
            }

            _nodes[node] = merged = child;
        }

        return merged;
    }

    internal void Write(ReportColumns columns)
    {
        columns.Json.WriteStartObject("modules");
        columns.WriteTexts("name", _profile.Modules, m => m.Name);
        columns.WriteTexts("path", _profile.Modules, m => m.Path);
        columns.Write("kind", _profile.Modules.Select(m => (long)m.Kind));
        columns.Json.WriteEndObject();
        columns.Json.WriteStartObject("functions");
        columns.WriteTexts("name", _functions, f => _profile.Frames[f].Function);
        columns.Write("module", _functions.Select(f => (long)_profile.Frames[f].Module));
        columns.Json.WriteEndObject();
        columns.Json.WriteStartObject("stacks");
        columns.Write("parent", _parents.Select(p => (long)p));
        columns.Write("function", _functionOfNode.Select(f => (long)f));
        columns.Json.WriteEndObject();
    }
}
