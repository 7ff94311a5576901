using System.Text;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.DotNet;

/// <summary>Collects methods as events tell them. One thread.</summary>
internal sealed class MethodMapBuilder
{
    /// <summary>More than any program is known to have; with the names 80 MB.</summary>
    private const int MostMethods = 300_000;

    private const int MostText = 64 << 20;
    private const int LongestName = 1000;

    private readonly Dictionary<ulong, Entry> _byStart = [];
    private readonly char[] _name = new char[LongestName];
    private readonly byte[] _utf8 = new byte[(LongestName * 3) + 1];
    private byte[] _text = [];
    private int _textLength;

    /// <summary>How many precompiled ones there are.</summary>
    internal int Precompiled { get; private set; }

    /// <summary>Whether there were more than are kept.</summary>
    internal bool IsCut { get; private set; }

    /// <summary>Adds one; what began at the same address before is gone.</summary>
    internal void Add(
        ulong start, uint size, MethodTier tier, ReadOnlySpan<char> type, ReadOnlySpan<char> method, ReadOnlySpan<char> signature)
    {
        if (start == 0 || size > int.MaxValue)
            return;
        bool known = _byStart.TryGetValue(start, out Entry before);
        ReadOnlySpan<byte> name = MakeName(type, method, signature);
        bool same = known && _text.AsSpan(before.Name).StartsWith(name);
        if ((!known && _byStart.Count == MostMethods) || (!same && name.Length > MostText - _textLength))
        {
            IsCut = true;
            return;
        }

        Precompiled += (tier == MethodTier.ReadyToRun ? 1 : 0) - (known && before.Tier == MethodTier.ReadyToRun ? 1 : 0);
        _byStart[start] = new(size, same ? before.Name : Keep(name), tier);
    }

    /// <summary>The map of what was added so far.</summary>
    internal MethodMap Build()
    {
        ulong[] starts = [.. _byStart.Keys];
        Array.Sort(starts);
        var sizes = new uint[starts.Length];
        var names = new int[starts.Length];
        var tiers = new MethodTier[starts.Length];
        for (int i = 0; i < starts.Length; i++)
        {
            Entry entry = _byStart[starts[i]];
            ulong room = i + 1 < starts.Length ? starts[i + 1] - starts[i] : ulong.MaxValue;
            sizes[i] = (uint)Math.Min(room, entry.Size);
            (names[i], tiers[i]) = (entry.Name, entry.Tier);
        }

        return new(starts, sizes, names, tiers, _text[.._textLength]);
    }

    /// <summary>Type.Method(arguments) in UTF-8, with a 0 behind it: what the signature returns is left out.</summary>
    private ReadOnlySpan<byte> MakeName(ReadOnlySpan<char> type, ReadOnlySpan<char> method, ReadOnlySpan<char> signature)
    {
        int length = 0;
        Append(type, ref length);
        if (type.Length > 0)
            Append(".", ref length);
        Append(method, ref length);
        int arguments = signature.IndexOf('(');
        for (ReadOnlySpan<char> rest = arguments < 0 ? default : signature[arguments..]; !rest.IsEmpty;)
        {
            // (class System.String,valuetype System.Span`1<int32>): that they are classes says nothing here.
            int word = rest.IndexOf(' ');
            ReadOnlySpan<char> part = word < 0 ? rest : rest[..(word + 1)];
            rest = word < 0 ? default : rest[(word + 1)..];
            part = part.EndsWith("class ") ? part[..^6]
                : part.EndsWith("value ") ? part[..^6]
                : part.EndsWith("valuetype ") ? part[..^10]
                : part;
            Append(part, ref length);
        }

        int bytes = Encoding.UTF8.GetBytes(_name.AsSpan(0, length), _utf8);
        _utf8.AsSpan(0, bytes).Replace((byte)0, (byte)'?');
        _utf8[bytes] = 0;
        return _utf8.AsSpan(0, bytes + 1);
    }

    private void Append(ReadOnlySpan<char> text, ref int length)
    {
        text = text[..Math.Min(text.Length, LongestName - length)];
        text.CopyTo(_name.AsSpan(length));
        length += text.Length;
    }

    private int Keep(ReadOnlySpan<byte> name)
    {
        if (name.Length > _text.Length - _textLength)
            Array.Resize(ref _text, Math.Max(_textLength + name.Length, Math.Max(16 << 10, _text.Length * 2)));
        name.CopyTo(_text.AsSpan(_textLength));
        _textLength += name.Length;
        return _textLength - name.Length;
    }

    /// <summary>What is known of the code at an address.</summary>
    private readonly record struct Entry(uint Size, int Name, MethodTier Tier);
}
