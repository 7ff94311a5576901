using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>Which signals are one wish.</summary>
public sealed class EndWishTests
{
    private static readonly long _begun = Stopwatch.GetTimestamp();

    [Theory]
    [InlineData(3, false, "Again")]
    [InlineData(999, false, "Again")]
    [InlineData(1001, false, "Quit")]
    [InlineData(3, true, "Again")]
    [InlineData(150, true, "Quit")]
    public void A_second_one_counts_a_second_later_or_when_it_is_typed(int milliseconds, bool typed, string expected)
    {
        var wishes = new EndWishes();
        Assert.Equal(EndWish.First, wishes.Take(_begun, typed));
        Assert.Equal(expected, wishes.Take(_begun + (milliseconds * Stopwatch.Frequency / 1000), typed).ToString());
    }
}
