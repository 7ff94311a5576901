using System.Globalization;

namespace ForkFollow.Host;

/// <summary>Reads values out of the files of proc(5).</summary>
internal static class DoctorFiles
{
    /// <summary>A value of /proc/PID/status that is in hexadecimal, or a single digit; 0 if there is none.</summary>
    internal static ulong Hexadecimal(string status, string key)
    {
        foreach (string line in status.Split('\n'))
        {
            if (line.StartsWith(key + ":", StringComparison.Ordinal)
                && ulong.TryParse(
                    line.AsSpan(key.Length + 1).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                    out ulong value))
            {
                return value;
            }
        }

        return 0;
    }

    /// <summary>A limit of /proc/PID/limits; null for "unlimited", and if it is not listed.</summary>
    internal static long? Limit(string limits, string name, bool hard)
    {
        foreach (string line in limits.Split('\n'))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal))
                continue;
            string[] fields = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int field = hard ? 1 : 0;
            return fields.Length > field && long.TryParse(fields[field], CultureInfo.InvariantCulture, out long value)
                ? value
                : null;
        }

        return null;
    }

    /// <summary>Where a file system of this type is mounted first, by /proc/PID/mounts; null if it is not.</summary>
    internal static string? FindMount(string mounts, string type)
    {
        foreach (string line in mounts.Split('\n'))
        {
            string[] fields = line.Split(' ');
            if (fields.Length > 2 && fields[2] == type)
                return fields[1];
        }

        return null;
    }
}
