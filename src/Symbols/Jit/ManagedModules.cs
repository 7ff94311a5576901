namespace ForkFollow.Symbols;

/// <summary>
/// The precompiled (ReadyToRun) methods of mapped files, by their offset there: where a process has the file mapped is its own
/// matter, and all that map it have the same. Reader thread.
/// </summary>
public sealed class ManagedModules
{
    private const int MostMethods = 1_000_000;

    private readonly HashSet<(int Module, ulong Offset)> _known = [];
    private readonly Dictionary<int, LayeredRanges> _ranges = [];
    private readonly Dictionary<int, SymbolTable> _tables = [];

    /// <summary>Adds those methods of a process that are in files.</summary>
    /// <param name="methods">Its methods.</param>
    /// <param name="code">Where its files are.</param>
    public void Add(MethodMap methods, CodeMap code)
    {
        for (int i = 0; i < methods.Count && _known.Count < MostMethods; i++)
        {
            (ulong start, uint size) = methods.RangeOf(i);
            if (!code.TryFind(start, out CodeMapping mapping) || mapping.Module < 0)
                continue;
            ulong offset = start - mapping.Start + mapping.FileOffset;
            if (!_known.Add((mapping.Module, offset)))
                continue;
            if (!_ranges.TryGetValue(mapping.Module, out LayeredRanges? ranges))
                _ranges.Add(mapping.Module, ranges = new());
            ranges.TryAdd(offset, size, methods.NameBytes(i));
        }
    }

    /// <summary>The method at an offset of a file; null if none is known. When all were added.</summary>
    public string? Find(int module, ulong offset)
    {
        if (!_ranges.TryGetValue(module, out LayeredRanges? ranges))
            return null;
        if (!_tables.TryGetValue(module, out SymbolTable? table))
            _tables.Add(module, table = ranges.Build());
        return table.Find(offset);
    }
}
