using System.Text;

namespace ForkFollow.Symbols;

/// <summary>A stretch of code of a managed method.</summary>
/// <param name="Start">Its first address in the process.</param>
/// <param name="Size">Its length.</param>
/// <param name="Tier">How it was compiled.</param>
/// <param name="Name"><c>Namespace.Type.Method(int32,System.String)</c>; without the tier, so that all versions are one function.</param>
public readonly record struct ManagedMethod(ulong Start, uint Size, MethodTier Tier, string Name);

/// <summary>
/// The managed methods of a process by address. Versions of a method lie at several addresses and are all there; of two that
/// were at the same one after the other (collectible code), the later one is. Immutable; any thread.
/// </summary>
public sealed class MethodMap
{
    private readonly ulong[] _starts;
    private readonly uint[] _sizes;
    private readonly int[] _names;
    private readonly MethodTier[] _tiers;
    private readonly byte[] _text;

    /// <summary>Of columns, one entry a method, in order of address; not copied.</summary>
    /// <param name="starts">First addresses.</param>
    /// <param name="sizes">Bytes.</param>
    /// <param name="names">Where each name begins in the text; it ends with a zero byte.</param>
    /// <param name="tiers">How each was compiled.</param>
    /// <param name="text">All names, in UTF-8.</param>
    public MethodMap(ulong[] starts, uint[] sizes, int[] names, MethodTier[] tiers, byte[] text) =>
        (_starts, _sizes, _names, _tiers, _text) = (starts, sizes, names, tiers, text);

    /// <summary>How many there are.</summary>
    public int Count => _starts.Length;

    /// <summary>One of them, in order of address.</summary>
    public ManagedMethod this[int index] => new(_starts[index], _sizes[index], _tiers[index], Encoding.UTF8.GetString(NameBytes(index)));

    /// <summary>Its start and size, without making its name.</summary>
    public (ulong Start, uint Size) RangeOf(int index) => (_starts[index], _sizes[index]);

    /// <summary>The method at an address; null if there is none.</summary>
    public ManagedMethod? Find(ulong address)
    {
        int index = Array.BinarySearch(_starts, address);
        index = index >= 0 ? index : ~index - 1;
        return index >= 0 && address - _starts[index] < _sizes[index] ? this[index] : null;
    }

    /// <summary>Its name in UTF-8.</summary>
    public ReadOnlySpan<byte> NameBytes(int index)
    {
        ReadOnlySpan<byte> name = _text.AsSpan(_names[index]);
        return name[..name.IndexOf((byte)0)];
    }
}
