namespace ForkFollow.Symbols;

/// <summary>
/// States of code maps that stacks will be unwound with. A map that has not changed since, or a forked child's, is kept
/// once. Reader thread, and whoever unwinds afterwards.
/// </summary>
public sealed class CodeSnapshots
{
    private readonly List<CodeMap> _maps = [];

    /// <summary>A map as it was when it was kept.</summary>
    public CodeMap this[int snapshot] => _maps[snapshot];

    /// <summary>Keeps the present state of a map. Returns its number.</summary>
    public int Keep(CodeMap code)
    {
        if (code.Snapshot < 0)
        {
            code.Snapshot = _maps.Count;
            _maps.Add(code.Fork());
        }

        return code.Snapshot;
    }
}
