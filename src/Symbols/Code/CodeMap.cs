namespace ForkFollow.Symbols;

/// <summary>A stretch of a process' address space with code.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="End">The address behind it.</param>
/// <param name="FileOffset">Where in the file it begins.</param>
/// <param name="Module">The file, by its number in the recording; -1 for memory of no file.</param>
public readonly record struct CodeMapping(ulong Start, ulong End, ulong FileOffset, int Module);

/// <summary>
/// Where the code of a process is. A forked child shares its parent's until one of them maps something: copied on write.
/// Reader thread.
/// </summary>
public sealed class CodeMap
{
    private CodeMapping[] _mappings = [];
    private int _count;
    private bool _shared;

    /// <summary>
    /// The number under which its present state was kept (<see cref="CodeSnapshots"/>), which a forked child has too; -1 if
    /// it was not, or has changed since.
    /// </summary>
    public int Snapshot { get; set; } = -1;

    /// <summary>All mappings, in order.</summary>
    public ReadOnlySpan<CodeMapping> Mappings => _mappings.AsSpan(0, _count);

    /// <summary>The same mappings for a child.</summary>
    public CodeMap Fork()
    {
        _shared = true;
        return new() { _mappings = _mappings, _count = _count, _shared = true, Snapshot = Snapshot };
    }

    /// <summary>An exec drops all.</summary>
    public void Clear()
    {
        _mappings = [];
        _count = 0;
        _shared = false;
        Snapshot = -1;
    }

    /// <summary>Adds a mapping; what was at its addresses is gone. munmap tells nothing, so stale ones stay until then.</summary>
    public void Add(CodeMapping added)
    {
        int first = FirstEndingAfter(added.Start);
        int last = first;
        while (last < _count && _mappings[last].Start < added.End)
            last++;

        Span<CodeMapping> replacement = stackalloc CodeMapping[3];
        int made = 0;
        if (first < last && _mappings[first].Start < added.Start)
            replacement[made++] = _mappings[first] with { End = added.Start };
        replacement[made++] = added;
        if (first < last && _mappings[last - 1].End > added.End)
        {
            CodeMapping cut = _mappings[last - 1];
            replacement[made++] = cut with { Start = added.End, FileOffset = cut.FileOffset + (added.End - cut.Start) };
        }

        Replace(first, last, replacement[..made]);
    }

    /// <summary>The mapping of an address.</summary>
    public bool TryFind(ulong address, out CodeMapping mapping)
    {
        int at = FirstEndingAfter(address);
        bool found = at < _count && _mappings[at].Start <= address;
        mapping = found ? _mappings[at] : default;
        return found;
    }

    private void Replace(int first, int last, ReadOnlySpan<CodeMapping> by)
    {
        int count = _count - (last - first) + by.Length;
        CodeMapping[] target = _mappings;
        if (_shared || count > target.Length)
        {
            target = new CodeMapping[Math.Max(count + 4, _shared ? count : target.Length * 2)];
            _mappings.AsSpan(0, first).CopyTo(target);
        }

        _mappings.AsSpan(last, _count - last).CopyTo(target.AsSpan(first + by.Length));
        by.CopyTo(target.AsSpan(first));
        _mappings = target;
        _count = count;
        _shared = false;
        Snapshot = -1;
    }

    private int FirstEndingAfter(ulong address)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_mappings[middle].End > address)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
