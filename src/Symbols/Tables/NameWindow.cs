namespace ForkFollow.Symbols;

/// <summary>
/// Names in a part of a file, each ended by a zero, read through a window: a table of strings has 512 MB if somebody wants it so. Who
/// asks in the order of the file reads each byte about once. One thread.
/// </summary>
internal sealed class NameWindow(ByteSource source, ulong offset, ulong size, int longest)
{
    private const int Usual = 4096;

    private byte[] _window = new byte[Usual];
    private ulong _start;
    private int _length;

    /// <summary>The bytes of all names.</summary>
    internal ulong Size { get; } = size;

    /// <summary>The name at a place, cut at the greatest length; empty if there is none. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> At(ulong place)
    {
        if (place >= Size)
            return default;
        if (place < _start || place - _start >= (ulong)_length)
            Fill(place, Usual);
        if (TryFind(place, out ReadOnlySpan<byte> name))
            return name;

        // It goes on behind the window.
        Fill(place, Usual);
        if (TryFind(place, out name))
            return name;
        Fill(place, longest);
        TryFind(place, out name);
        return name[..Math.Min(name.Length, longest)];
    }

    /// <summary>False if its end is not in the window.</summary>
    private bool TryFind(ulong place, out ReadOnlySpan<byte> name)
    {
        name = _window.AsSpan(0, _length)[(int)Math.Min(place - _start, (ulong)_length)..];
        int end = name.IndexOf((byte)0);
        if (end >= 0)
            name = name[..end];
        return end >= 0;
    }

    private void Fill(ulong place, int most)
    {
        if (most > _window.Length)
            _window = new byte[most];
        _start = place;
        _length = source.Read(offset + place, _window.AsSpan(0, (int)Math.Min((ulong)most, Size - place)));
    }
}
