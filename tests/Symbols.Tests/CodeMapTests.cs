namespace ForkFollow.Symbols.Tests;

/// <summary>Which file is mapped at an address, as mappings come and go and processes fork.</summary>
public sealed class CodeMapTests
{
    [Fact]
    public void A_mapping_replaces_what_it_covers_and_cuts_what_it_overlaps()
    {
        var map = new CodeMap();
        map.Add(new(0x1000, 0x5000, 0, 1));
        map.Add(new(0x2000, 0x3000, 0x100, 2));
        map.Add(new(0x4800, 0x6000, 0, 3));

        Assert.Equal((1, 0UL), Find(map, 0x1fff));
        Assert.Equal((2, 0x100UL), Find(map, 0x2000));
        Assert.Equal((1, 0x2000UL), Find(map, 0x3000));
        Assert.Equal((1, 0x2000UL), Find(map, 0x47ff));
        Assert.Equal((3, 0UL), Find(map, 0x4800));
        Assert.Null(Find(map, 0x6000));
        Assert.Null(Find(map, 0xfff));
    }

    [Fact]
    public void A_code_map_agrees_with_an_array_of_addresses_whatever_is_mapped()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            var map = new CodeMap();
            var expected = new int?[64];
            var maps = new List<(CodeMap Map, int?[] Expected)>();
            for (int i = 0; i < 30; i++)
            {
                int start = random.Next(63);
                int end = random.Next(start + 1, 65);
                map.Add(new((ulong)start, (ulong)end, 0, i));
                Array.Fill(expected, i, start, end - start);

                // A fork keeps what it has, whatever its parent maps later, and the other way round.
                if (random.Next(5) == 0)
                {
                    maps.Add((map, [.. expected]));
                    map = map.Fork();
                }
            }

            maps.Add((map, expected));
            foreach ((CodeMap one, int?[] modules) in maps)
            {
                for (int address = 0; address < 64; address++)
                    Assert.Equal(modules[address], Find(one, (ulong)address)?.Module);
            }
        }
    }

    private static (int Module, ulong Offset)? Find(CodeMap map, ulong address) =>
        map.TryFind(address, out CodeMapping found) ? (found.Module, found.FileOffset) : null;
}
