namespace ForkFollow.Symbols;

/// <summary>
/// Ranges laid one over the other, of which the last one laid is seen. Made into a <see cref="SymbolTable"/> by a sweep over
/// all starts and ends, with the ranges that are open in a heap: n log n however they overlap. One thread.
/// </summary>
public sealed class LayeredRanges
{
    private readonly List<(ulong Start, ulong End, int Name)> _ranges = [];
    private byte[] _names = [];
    private int _namesLength;

    /// <summary>How many were laid.</summary>
    public int Count => _ranges.Count;

    /// <summary>Lays a range. False if it is empty, leaves the address space or is larger than 4 GB.</summary>
    public bool TryAdd(ulong start, ulong size, ReadOnlySpan<byte> name)
    {
        if (size is 0 or > uint.MaxValue || size > ulong.MaxValue - start)
            return false;
        if (name.Length >= _names.Length - _namesLength)
            Array.Resize(ref _names, (int)Math.Min(Array.MaxLength, Math.Max(_namesLength + name.Length + 1L, 2L * _names.Length)));
        _ranges.Add((start, start + size, _namesLength));
        name.CopyTo(_names.AsSpan(_namesLength));
        _namesLength += name.Length;
        _names[_namesLength++] = 0;
        return true;
    }

    /// <summary>What is seen from above. Nothing must be laid after that.</summary>
    public SymbolTable Build()
    {
        int count = _ranges.Count;
        ulong[] points = new ulong[2 * count];
        int[] order = new int[count];
        ulong[] starts = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            (points[2 * i], points[(2 * i) + 1]) = (_ranges[i].Start, _ranges[i].End);
            (starts[i], order[i]) = (_ranges[i].Start, i);
        }

        Array.Sort(points);
        Array.Sort(starts, order);
        var seen = Sweep(points, order);
        return new(
            [.. seen.Select(one => one.Start)], [.. seen.Select(one => one.Size)],
            [.. seen.Select(one => _ranges[one.Index].Name)], _names);
    }

    private List<(ulong Start, uint Size, int Index)> Sweep(ulong[] points, int[] order)
    {
        List<(ulong Start, uint Size, int Index)> seen = [];
        var open = new PriorityQueue<int, int>(); // the latest first
        int next = 0;
        for (int i = 0; i + 1 < points.Length; i++)
        {
            (ulong from, ulong to) = (points[i], points[i + 1]);
            if (from == to)
                continue;
            for (; next < order.Length && _ranges[order[next]].Start <= from; next++)
                open.Enqueue(order[next], -order[next]);
            while (open.TryPeek(out int closed, out _) && _ranges[closed].End <= from)
                open.Dequeue();
            if (!open.TryPeek(out int top, out _))
                continue;
            if (seen.Count > 0 && seen[^1].Index == top && seen[^1].Start + seen[^1].Size == from)
                seen[^1] = (seen[^1].Start, (uint)(to - seen[^1].Start), top);
            else
                seen.Add((from, (uint)(to - from), top));
        }

        return seen;
    }
}
