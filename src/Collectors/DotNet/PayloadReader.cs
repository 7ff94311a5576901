using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// Reads one field after the other from bytes that the target wrote. What is not there any more reads as 0 or empty, and
/// <see cref="IsShort"/> tells so: a reader of an event checks that once, at its end. Never throws.
/// </summary>
internal ref struct PayloadReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>More was read than there was.</summary>
    internal bool IsShort { get; private set; }

    /// <summary>What was not read yet.</summary>
    internal readonly ReadOnlySpan<byte> Left => _left;

    internal byte U8() => Take(1) is [var value] ? value : (byte)0;

    internal ushort U16() => Take(2) is { Length: 2 } field ? BinaryPrimitives.ReadUInt16LittleEndian(field) : (ushort)0;

    internal uint U32() => Take(4) is { Length: 4 } field ? BinaryPrimitives.ReadUInt32LittleEndian(field) : 0;

    internal int I32() => (int)U32();

    internal ulong U64() => Take(8) is { Length: 8 } field ? BinaryPrimitives.ReadUInt64LittleEndian(field) : 0;

    internal long I64() => (long)U64();

    internal double Double() => BitConverter.UInt64BitsToDouble(U64());

    /// <summary>A number of 7 bits a byte, the lowest first.</summary>
    internal ulong VarU64()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && !IsShort; shift += 7)
        {
            byte part = U8();
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }

        IsShort = true;
        return 0;
    }

    internal uint VarU32() => (uint)VarU64();

    /// <summary>UTF-16 up to a zero.</summary>
    internal ReadOnlySpan<char> Text()
    {
        ReadOnlySpan<char> text = MemoryMarshal.Cast<byte, char>(_left);
        int end = text.IndexOf('\0');
        if (end < 0)
        {
            IsShort = true;
            _left = default;
            return default;
        }

        _left = _left[((end + 1) * sizeof(char))..];
        return text[..end];
    }

    internal ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)_left.Length)
        {
            IsShort = true;
            _left = default;
            return default;
        }

        ReadOnlySpan<byte> field = _left[..count];
        _left = _left[count..];
        return field;
    }
}
