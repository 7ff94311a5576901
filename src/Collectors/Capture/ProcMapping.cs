using System.Globalization;
using System.Text;

namespace ForkFollow.Collectors.Capture;

/// <summary>A line of /proc/PID/maps that has code.</summary>
internal readonly record struct ProcMapping(ulong Start, ulong End, ulong FileOffset, MappedInode Inode, string Path)
{
    /// <summary>The executable mappings of a maps file; lines of another shape are passed over.</summary>
    internal static IEnumerable<ProcMapping> Parse(byte[] maps)
    {
        foreach (string line in Encoding.UTF8.GetString(maps).Split('\n'))
        {
            // 7f00-7f80 r-xp 00001000 fe:00 1234    /path with spaces
            string[] parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 5 || parts[1].Length < 3 || parts[1][2] != 'x')
                continue;
            int dash = parts[0].IndexOf('-', StringComparison.Ordinal);
            if (dash > 0
                && TryHex(parts[0].AsSpan(0, dash), out ulong start)
                && TryHex(parts[0].AsSpan(dash + 1), out ulong end)
                && TryHex(parts[2], out ulong offset)
                && start < end)
            {
                yield return new(start, end, offset, InodeOf(parts[3], parts[4]), parts.Length == 6 ? Unescape(parts[5].TrimStart()) : "");
            }
        }
    }

    /// <summary><c>fe:00</c> and <c>1234</c>.</summary>
    private static MappedInode InodeOf(string device, string number)
    {
        int colon = device.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && TryHex(device.AsSpan(0, colon), out ulong major)
            && TryHex(device.AsSpan(colon + 1), out ulong minor)
            && ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
                ? new((uint)major, (uint)minor, inode, Generation: 0)
                : default;
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    /// <summary>The kernel writes a line end in a path as an octal escape.</summary>
    private static string Unescape(string path) => path.Replace(@"\012", "\n");
}
