namespace ForkFollow.Symbols.Tests;

/// <summary>Which managed method is at an address.</summary>
public sealed class MethodMapTests
{
    private static readonly MethodMap _map = new(
        [0x1000, 0x1010, 0x2000], [0x10, 1, uint.MaxValue], [0, 6, 0],
        [MethodTier.QuickJitted, MethodTier.ReadyToRun, MethodTier.OptimizedTier1], "A.b()\0ä.c\0"u8.ToArray());

    [Theory]
    [InlineData(0xfff, null)]
    [InlineData(0x1000, "A.b()")]
    [InlineData(0x100f, "A.b()")]
    [InlineData(0x1010, "ä.c")]
    [InlineData(0x1011, null)]
    [InlineData(0x2000, "A.b()")]
    [InlineData(0x2000 + 0xffff_fffeUL, "A.b()")]
    [InlineData(0x2000 + 0xffff_ffffUL, null)]
    [InlineData(0UL, null)]
    [InlineData(ulong.MaxValue, null)]
    public void A_method_is_found_from_its_first_byte_to_its_last(ulong address, string? name) =>
        Assert.Equal(name, _map.Find(address)?.Name);

    [Fact]
    public void Versions_of_a_method_have_one_name_and_each_its_tier()
    {
        Assert.Equal(3, _map.Count);
        Assert.Equal(new ManagedMethod(0x1000, 0x10, MethodTier.QuickJitted, "A.b()"), _map[0]);
        Assert.Equal(MethodTier.OptimizedTier1, _map.Find(0x2001)!.Value.Tier);
        Assert.Equal((0x1010UL, 1U), _map.RangeOf(1));
        Assert.True(_map.NameBytes(2).SequenceEqual("A.b()"u8));
    }

    [Fact]
    public void An_empty_map_has_nothing() => Assert.Null(new MethodMap([], [], [], [], []).Find(5));

    [Theory]
    [InlineData(0U, MethodTier.ReadyToRun)]
    [InlineData(0x8U, MethodTier.Unknown)]
    [InlineData(0x8U | (3 << 7), MethodTier.QuickJitted)]
    [InlineData(0x8U | (7 << 7) | 0x1U, MethodTier.OptimizedTier1Instrumented)]
    public void The_flags_of_an_event_tell_the_tier(uint flags, MethodTier tier) => Assert.Equal(tier, MethodTiers.Of(flags));
}
