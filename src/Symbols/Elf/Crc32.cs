namespace ForkFollow.Symbols;

/// <summary>
/// The CRC-32 of zlib and of .gnu_debuglink. System.IO.Hashing has it too, but is a package that would be needed for
/// this alone. Any thread.
/// </summary>
internal static class Crc32
{
    private const int Slices = 8;

    private static readonly uint[] _table = MakeTable();

    /// <summary>The CRC of a whole file, or null if it cannot be read to its end.</summary>
    internal static uint? Of(ByteSource source)
    {
        uint crc = uint.MaxValue;
        byte[] buffer = new byte[1 << 17];
        for (ulong at = 0; at < source.Length;)
        {
            int count = source.Read(at, buffer);
            if (count == 0)
                return null;
            crc = Add(crc, buffer.AsSpan(0, count));
            at += (ulong)count;
        }

        return ~crc;
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] table = _table;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            uint low = ElfFields.Word(bytes) ^ crc;
            uint high = ElfFields.Word(bytes[4..]);
            crc = table[(7 * 256) + (low & 0xFF)] ^ table[(6 * 256) + ((low >> 8) & 0xFF)]
                ^ table[(5 * 256) + ((low >> 16) & 0xFF)] ^ table[(4 * 256) + (low >> 24)]
                ^ table[(3 * 256) + (high & 0xFF)] ^ table[(2 * 256) + ((high >> 8) & 0xFF)]
                ^ table[256 + ((high >> 16) & 0xFF)] ^ table[high >> 24];
        }

        foreach (byte one in bytes)
            crc = table[(crc ^ one) & 0xFF] ^ (crc >> 8);
        return crc;
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[Slices * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            table[i] = value;
        }

        for (int i = 256; i < table.Length; i++)
            table[i] = table[table[i - 256] & 0xFF] ^ (table[i - 256] >> 8);
        return table;
    }
}
