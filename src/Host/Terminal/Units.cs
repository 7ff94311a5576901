using System.Globalization;

namespace ForkFollow.Host;

/// <summary>
/// Figures as people read them: two or three digits that count, and a unit. ASCII only, so that they fit every terminal.
/// Values below zero, which only a clock that was set back can make, are shown as zero.
/// </summary>
internal static class Units
{
    private const double NanosecondsPerMillisecond = 1e6;
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>
    /// <c>0.14 ms</c>, <c>4.5 ms</c>, <c>45 ms</c>, <c>1.23 s</c>, <c>12.3 s</c>, <c>1m23s</c>, <c>2h05m</c>, <c>3d04h</c>.
    /// </summary>
    internal static string Duration(long nanoseconds)
    {
        if (nanoseconds <= 0)
            return "0 ms";

        // The unit is chosen for the rounded value: 999.6 ms is 1.00 s, and 59.97 s is 1m00s.
        double milliseconds = nanoseconds / NanosecondsPerMillisecond;
        if (milliseconds < 999.5)
            return Milliseconds(milliseconds) + " ms";
        double seconds = nanoseconds / NanosecondsPerSecond;
        if (seconds < 59.95)
            return ThreeDigits(seconds) + " s";
        return Long((long)Math.Round(seconds));
    }

    /// <summary><c>0 B</c>, <c>512 B</c>, <c>4.00 KiB</c>, <c>12.3 MiB</c>, <c>1.23 GiB</c>: powers of 1024, as on the page (text.js).</summary>
    internal static string Bytes(long bytes)
    {
        if (bytes < 1000)
            return Whole(Math.Max(bytes, 0)) + " B";
        (double value, string unit) = Scale(bytes, 1024, ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]);
        return ThreeDigits(value) + " " + unit;
    }

    /// <summary><c>0</c>, <c>9999</c>, <c>12 k</c>, <c>1.2 M</c>: exact up to four digits.</summary>
    internal static string Count(long count)
    {
        if (count < 10_000)
            return Whole(Math.Max(count, 0));
        (double value, string unit) = Scale(count, 1000, ["k", "M", "G", "T", "P", "E"]);
        return TwoDigits(value) + " " + unit;
    }

    /// <summary>A whole number with its thousands set apart: <c>1,234</c>.</summary>
    internal static string Exact(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A time that runs: <c>0:07</c>, <c>1:23</c>, <c>1:02:03</c>.</summary>
    internal static string Clock(TimeSpan elapsed)
    {
        long seconds = Math.Max(0, (long)elapsed.TotalSeconds);
        CultureInfo invariant = CultureInfo.InvariantCulture;
        return seconds < 3600
            ? string.Create(invariant, $"{seconds / 60}:{seconds % 60:00}")
            : string.Create(invariant, $"{seconds / 3600}:{seconds / 60 % 60:00}:{seconds % 60:00}");
    }

    /// <summary>
    /// A number with its unit by UCUM: <c>12 ms</c> for 0.012 s, <c>4.00 KiB</c> for 4096 By, <c>12.5%</c>, <c>0.25</c> for a ratio
    /// (1), <c>1,234 request</c> for {request}. With any other unit, and below zero, the number stays as it is.
    /// </summary>
    internal static string Measured(double value, string unit)
    {
        double nanoseconds = value * unit switch { "s" => NanosecondsPerSecond, "ms" => NanosecondsPerMillisecond, "us" => 1e3, "ns" => 1, _ => double.NaN };
        if (nanoseconds is >= 0 and < long.MaxValue)
            return Duration((long)Math.Ceiling(nanoseconds)); // something is never nothing
        return unit switch
        {
            "By" when value is >= 0 and < long.MaxValue => Bytes((long)value),
            "" or "1" => Number(value),
            "%" => Number(value) + "%",
            ['{', .. string thing, '}'] => $"{Number(value)} {thing}",
            _ => $"{Number(value)} {unit}",
        };
    }

    /// <summary>Exact if it is whole, else with three or four digits that count.</summary>
    private static string Number(double value) => Math.Abs(value) switch
    {
        < 1e15 and var size when size >= 1000 || double.IsInteger(value) => Format(value, "N0"),
        _ => Format(value, "G4"),
    };

    private static string Milliseconds(double value) => value switch
    {
        // Something is never nothing.
        < 0.995 => Format(Math.Max(value, 0.01), "0.00"),
        < 9.95 => Format(value, "0.0"),
        _ => Format(value, "0"),
    };

    private static string Long(long seconds)
    {
        long minutes = seconds / 60;
        long hours = minutes / 60;
        CultureInfo invariant = CultureInfo.InvariantCulture;
        return hours switch
        {
            0 => string.Create(invariant, $"{minutes}m{seconds % 60:00}s"),
            < 24 => string.Create(invariant, $"{hours}h{minutes % 60:00}m"),
            _ => string.Create(invariant, $"{hours / 24}d{hours % 24:00}h"),
        };
    }

    /// <summary>Scales down by powers of a base until the rounded value has at most three digits before its point.</summary>
    private static (double Value, string Unit) Scale(double value, double by, ReadOnlySpan<string> units)
    {
        value /= by;
        int unit = 0;
        while (value >= 999.5 && unit < units.Length - 1)
        {
            value /= by;
            unit++;
        }

        return (value, units[unit]);
    }

    private static string ThreeDigits(double value) => value switch
    {
        < 9.995 => Format(value, "0.00"),
        < 99.95 => Format(value, "0.0"),
        _ => Format(value, "0"),
    };

    private static string TwoDigits(double value) => Format(value, value < 9.95 ? "0.0" : "0");

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
