namespace ForkFollow.Symbols;

/// <summary>What makes one of several symbols at an address the better one. Higher is better, as in perf.</summary>
[Flags]
internal enum SymbolTraits : byte
{
    /// <summary>None of these.</summary>
    None = 0,

    /// <summary>Its binding is global.</summary>
    Global = 1,

    /// <summary>Its binding is not weak.</summary>
    Strong = 2,

    /// <summary>It is known to be a function, not just a label.</summary>
    Typed = 4,

    /// <summary>It has a size; otherwise it reaches to the next symbol, or to its end if that comes first.</summary>
    Sized = 8,
}

/// <summary>
/// Makes a <see cref="SymbolTable"/> of symbols in any order that may overlap. Of several at one address it takes the one
/// that perf takes (choose_best_symbol): a sized one, a function, not a weak one, a global one, with fewer leading
/// underscores, with the longer name. Of nested ones the innermost has the address. One thread.
/// </summary>
internal sealed class SymbolTableBuilder
{
    private const int MaxSymbols = 1 << 22;
    private const int MaxName = 1 << 16;

    /// <summary>The names of functions that a table holds: those of the largest browsers. What is beyond has none.</summary>
    private const int MaxText = 1 << 28;

    private const long MaxCompared = 1L << 30;

    private readonly List<NameWindow> _texts = [];
    private ulong[] _starts = [];
    private Entry[] _entries = [];
    private int _count;
    private long _compared;

    private record struct Entry(ulong End, uint Name, ushort Text, SymbolTraits Traits);

    /// <summary>The names that symbols added from now on refer to: read when they are needed, and not all of them.</summary>
    internal void Names(ByteSource source, ulong offset, ulong size) => _texts.Add(new(source, offset, size, MaxName));

    /// <summary>Adds a symbol; one without a range is left out, in the end also one without a name. False if the table is full.</summary>
    /// <param name="start">Where it starts.</param>
    /// <param name="end">Where it ends; of one without a size, what it cannot reach beyond.</param>
    /// <param name="name">Where its name starts in the names given last; it ends with a zero or with them.</param>
    /// <param name="traits">What it is preferred for.</param>
    internal bool Add(ulong start, ulong end, uint name, SymbolTraits traits)
    {
        if (end <= start || name >= _texts[^1].Size)
            return true;
        if (_count == _starts.Length)
        {
            if (_count == MaxSymbols)
                return false;
            int capacity = Math.Clamp(2 * _count, 256, MaxSymbols);
            Array.Resize(ref _starts, capacity);
            Array.Resize(ref _entries, capacity);
        }

        _starts[_count] = start;
        _entries[_count++] = new(end, name, (ushort)(_texts.Count - 1), traits);
        return true;
    }

    /// <summary>The table of what was added. The builder must not be used any more.</summary>
    internal SymbolTable Build()
    {
        Array.Sort(_starts, _entries, 0, _count);
        ChooseBest();
        LimitUnsized();
        return new Flattening(this).Run();
    }

    /// <summary>Leaves one symbol for each address.</summary>
    private void ChooseBest()
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (kept > 0 && _starts[kept - 1] == _starts[i])
            {
                if (IsBetter(_entries[i], _entries[kept - 1]))
                    _entries[kept - 1] = _entries[i];
                continue;
            }

            _starts[kept] = _starts[i];
            _entries[kept++] = _entries[i];
        }

        _count = kept;
    }

    /// <summary>Ends those without a size, and drops labels inside of functions.</summary>
    private void LimitUnsized()
    {
        int kept = 0;
        ulong covered = 0;
        for (int i = 0; i < _count; i++)
        {
            Entry entry = _entries[i];
            bool sized = entry.Traits.HasFlag(SymbolTraits.Sized);
            if (!sized && !entry.Traits.HasFlag(SymbolTraits.Typed) && _starts[i] < covered)
                continue;
            if (sized)
                covered = Math.Max(covered, entry.End);
            else if (i + 1 < _count)
                entry.End = Math.Min(entry.End, _starts[i + 1]);
            _starts[kept] = _starts[i];
            _entries[kept++] = entry;
        }

        _count = kept;
    }

    private bool IsBetter(in Entry one, in Entry other)
    {
        if (one.Traits != other.Traits)
            return one.Traits > other.Traits;

        // Millions of hostile symbols may stand at one address, and all have the same long name.
        if (_compared > MaxCompared)
            return false;
        ReadOnlySpan<byte> a = NameOf(one).ToArray();
        ReadOnlySpan<byte> b = NameOf(other);
        _compared += a.Length + b.Length;
        int underscores = Underscores(a).CompareTo(Underscores(b));
        if (underscores != 0)
            return underscores < 0;
        return a.Length != b.Length ? a.Length > b.Length : a.SequenceCompareTo(b) < 0;
    }

    private static int Underscores(ReadOnlySpan<byte> name)
    {
        int count = name.IndexOfAnyExcept((byte)'_');
        return count < 0 ? name.Length : count;
    }

    private ReadOnlySpan<byte> NameOf(in Entry entry)
    {
        ReadOnlySpan<byte> name = _texts[entry.Text].At(entry.Name);

        // The linker writes versions behind names (memcpy@@GLIBC_2.14); name@plt stays.
        int version = name.IndexOf((byte)'@');
        return version > 0 && !name[version..].SequenceEqual("@plt"u8) ? name[..version] : name;
    }

    /// <summary>Cuts nested and overlapping symbols into ranges that do not overlap, and copies the names of those that live.</summary>
    private sealed class Flattening
    {
        private readonly SymbolTableBuilder _from;
        private readonly Stack<int> _open = new();
        private readonly List<(ulong Start, uint Size, int Index)> _ranges;
        private ulong _position;

        internal Flattening(SymbolTableBuilder from)
        {
            _from = from;
            _ranges = new(from._count);
        }

        internal SymbolTable Run()
        {
            for (int i = 0; i < _from._count; i++)
            {
                AdvanceTo(_from._starts[i]);
                _open.Push(i);
            }

            AdvanceTo(ulong.MaxValue);
            return Compact();
        }

        /// <summary>Gives the addresses up to one to the innermost symbols that are open. Each symbol is popped once.</summary>
        private void AdvanceTo(ulong address)
        {
            while (_open.TryPeek(out int top))
            {
                ulong end = _from._entries[top].End;
                ulong until = Math.Min(end, address);
                if (until > _position)
                {
                    _ranges.Add((_position, (uint)Math.Min(until - _position, uint.MaxValue), top));
                    _position = until;
                }

                if (end > address)
                    break;
                _open.Pop();
            }

            _position = address;
        }

        private SymbolTable Compact()
        {
            (int[] names, byte[] text) = CopyNames();
            var seen = Enumerable.Range(0, _ranges.Count).Where(i => names[_ranges[i].Index] >= 0).ToArray();
            return new(
                [.. seen.Select(i => _ranges[i].Start)], [.. seen.Select(i => _ranges[i].Size)], [.. seen.Select(i => names[_ranges[i].Index])],
                text);
        }

        /// <summary>Copies the names of the symbols that are seen, in the order of the file. Gives where each is; -1 for none.</summary>
        private (int[] Names, byte[] Text) CopyNames()
        {
            int[] names = new int[_from._count];
            Array.Fill(names, -1);
            int[] order = [.. _ranges.Select(range => range.Index).Distinct()];
            ulong[] places = [.. order.Select(index => ((ulong)_from._entries[index].Text << 32) | _from._entries[index].Name)];
            Array.Sort(places, order);

            // Hostile symbols may share the bytes of their names: then copies would be larger than the file. Linkers share
            // tails of names too, but most names are of no functions.
            long limit = (long)Math.Min(MaxText, 65536 + (2 * _from._texts.Aggregate(0UL, (sum, text) => sum + text.Size)));
            using var copies = new MemoryStream();
            foreach (int index in order)
            {
                ReadOnlySpan<byte> name = _from.NameOf(_from._entries[index]);
                if (name.IsEmpty)
                    continue;
                if (copies.Length + name.Length + 1 > limit)
                    break;
                names[index] = (int)copies.Length;
                copies.Write(name);
                copies.WriteByte(0);
            }

            return (names, copies.ToArray());
        }
    }
}
