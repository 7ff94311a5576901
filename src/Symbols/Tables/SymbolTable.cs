using System.Text;

namespace ForkFollow.Symbols;

/// <summary>
/// Ranges of addresses with names: sorted, without overlap. 16 bytes a range and the bytes of the names, which are decoded
/// when they are asked for. Made by <see cref="SymbolTableBuilder"/>. Immutable; any thread.
/// </summary>
public sealed class SymbolTable
{
    private readonly ulong[] _starts;
    private readonly uint[] _sizes;
    private readonly int[] _names;
    private readonly byte[] _text;

    internal SymbolTable(ulong[] starts, uint[] sizes, int[] names, byte[] text) =>
        (_starts, _sizes, _names, _text) = (starts, sizes, names, text);

    /// <summary>A table without symbols.</summary>
    public static SymbolTable Empty { get; } = new([], [], [], []);

    /// <summary>How many ranges there are; a symbol that surrounds another has two.</summary>
    public int Count => _starts.Length;

    /// <summary>How much memory it holds, in bytes.</summary>
    public long Bytes => (16L * _starts.Length) + _text.Length;

    /// <summary>The name at an address, as the file has it; null if there is none.</summary>
    public string? Find(ulong address)
    {
        int index = Array.BinarySearch(_starts, address);
        index = index >= 0 ? index : ~index - 1;
        return index >= 0 && address - _starts[index] < _sizes[index] ? Name(index) : null;
    }

    private string Name(int index)
    {
        ReadOnlySpan<byte> name = _text.AsSpan(_names[index]);
        return Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
    }
}
