namespace ForkFollow.Host.Tests;

public class UnitsTests
{
    [Theory]
    [InlineData(-5, "0 ms")]
    [InlineData(0, "0 ms")]
    [InlineData(1, "0.01 ms")]
    [InlineData(136_000, "0.14 ms")]
    [InlineData(994_999, "0.99 ms")]
    [InlineData(995_000, "1.0 ms")]
    [InlineData(4_540_000, "4.5 ms")]
    [InlineData(9_949_999, "9.9 ms")]
    [InlineData(9_950_000, "10 ms")]
    [InlineData(45_000_000, "45 ms")]
    [InlineData(999_400_000, "999 ms")]
    [InlineData(999_600_000, "1.00 s")]
    [InlineData(1_234_000_000, "1.23 s")]
    [InlineData(9_996_000_000, "10.0 s")]
    [InlineData(59_940_000_000, "59.9 s")]
    [InlineData(59_960_000_000, "1m00s")]
    [InlineData(83_400_000_000, "1m23s")]
    [InlineData(3_599_600_000_000, "1h00m")]
    [InlineData(7_530_000_000_000, "2h05m")]
    [InlineData(273_600_000_000_000, "3d04h")]
    [InlineData(long.MaxValue, "106751d23h")]
    public void Durations_have_two_or_three_digits_and_a_unit(long nanoseconds, string expected) =>
        Assert.Equal(expected, Units.Duration(nanoseconds));

    [Theory]
    [InlineData(-1, "0 B")]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1_000, "0.98 KiB")]
    [InlineData(4_096, "4.00 KiB")]
    [InlineData(12_345_678, "11.8 MiB")]
    [InlineData(1_023_487, "999 KiB")]
    [InlineData(1_023_488, "0.98 MiB")]
    [InlineData(1_234_567_890, "1.15 GiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    public void Bytes_are_powers_of_1024(long bytes, string expected) => Assert.Equal(expected, Units.Bytes(bytes));

    [Theory]
    [InlineData(-1, "0")]
    [InlineData(0, "0")]
    [InlineData(9_999, "9999")]
    [InlineData(10_000, "10 k")]
    [InlineData(999_499, "999 k")]
    [InlineData(999_500, "1.0 M")]
    [InlineData(1_200_000, "1.2 M")]
    [InlineData(9_960_000, "10 M")]
    [InlineData(3_400_000_000, "3.4 G")]
    [InlineData(long.MaxValue, "9.2 E")]
    public void Counts_are_exact_up_to_four_digits(long count, string expected) => Assert.Equal(expected, Units.Count(count));

    [Theory]
    [InlineData(0.0123, "s", "12 ms")]
    [InlineData(90, "s", "1m30s")]
    [InlineData(1e-10, "s", "0.01 ms")]
    [InlineData(-2, "s", "-2 s")]
    [InlineData(1e300, "s", "1E+300 s")]
    [InlineData(1.5, "ms", "1.5 ms")]
    [InlineData(250, "us", "0.25 ms")]
    [InlineData(4_540_000, "ns", "4.5 ms")]
    [InlineData(0, "ns", "0 ms")]
    [InlineData(4_096, "By", "4.00 KiB")]
    [InlineData(-4_100, "By", "-4,100 By")]
    [InlineData(12.5, "%", "12.5%")]
    [InlineData(0.98765, "1", "0.9877")]
    [InlineData(0, "", "0")]
    [InlineData(1_234_567, "", "1,234,567")]
    [InlineData(1_234.5, "{request}", "1,234 request")]
    [InlineData(3, "{request}", "3 request")]
    [InlineData(0, "mW", "0 mW")]
    [InlineData(2.5, "mW", "2.5 mW")]
    [InlineData(7, "{", "7 {")]
    public void Numbers_of_others_have_the_unit_that_they_come_with(double value, string unit, string expected) =>
        Assert.Equal(expected, Units.Measured(value, unit));

    [Theory]
    [InlineData(-1, "0:00")]
    [InlineData(7.9, "0:07")]
    [InlineData(83, "1:23")]
    [InlineData(3_599.9, "59:59")]
    [InlineData(3_723, "1:02:03")]
    [InlineData(360_000, "100:00:00")]
    public void A_clock_shows_whole_seconds(double seconds, string expected) =>
        Assert.Equal(expected, Units.Clock(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Thousands_are_set_apart() => Assert.Equal("1,234,567", Units.Exact(1_234_567));
}
