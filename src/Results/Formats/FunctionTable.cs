namespace ForkFollow.Results.Formats;

/// <summary>The functions of a profile: its frames with their addresses left out. Immutable; any thread.</summary>
internal sealed class FunctionTable
{
    private readonly int[] _ofFrame;
    private readonly List<(string Name, int Module)> _functions = [];

    internal FunctionTable(Profile profile)
    {
        var known = new Dictionary<(string, int), int>();
        _ofFrame = new int[profile.Frames.Count];
        for (int i = 0; i < _ofFrame.Length; i++)
        {
            ProfileFrame frame = profile.Frames[i];
            if (!known.TryGetValue((frame.Function, frame.Module), out int function))
            {
                known.Add((frame.Function, frame.Module), function = _functions.Count);
                _functions.Add((FormatText.Clean(frame.Function), frame.Module));
            }

            _ofFrame[i] = function;
        }
    }

    /// <summary>Each function: its name, fit for a file, and the index of its module.</summary>
    internal IReadOnlyList<(string Name, int Module)> Functions => _functions;

    /// <summary>The index of a frame's function.</summary>
    internal int Of(int frame) => _ofFrame[frame];
}

/// <summary>
/// The stacks of a profile as stacks of functions: those that differ in addresses only are one. Node 0 is the empty stack,
/// as in <see cref="StackTable"/>. Immutable; any thread.
/// </summary>
internal sealed class FunctionStacks
{
    private readonly int[] _ofStack;
    private readonly List<int> _parents = [0];
    private readonly List<int> _functions = [-1];

    internal FunctionStacks(StackTable stacks, FunctionTable functions)
    {
        var known = new Dictionary<(int, int), int>();
        _ofStack = new int[stacks.Parents.Count];
        for (int i = 1; i < _ofStack.Length; i++)
        {
            (int Parent, int Function) key = (_ofStack[stacks.Parents[i]], functions.Of(stacks.Frames[i]));
            if (!known.TryGetValue(key, out int node))
            {
                known.Add(key, node = _parents.Count);
                _parents.Add(key.Parent);
                _functions.Add(key.Function);
            }

            _ofStack[i] = node;
        }
    }

    /// <summary>The node for a node of the profile's own table.</summary>
    internal int Of(int stack) => _ofStack[stack];

    /// <summary>Fills a list with a stack's functions, outermost first.</summary>
    internal void CopyTo(List<int> functions, int node)
    {
        functions.Clear();
        for (; node != 0; node = _parents[node])
            functions.Add(_functions[node]);
        functions.Reverse();
    }
}
