namespace ForkFollow.Collectors.Tests;

/// <summary>Which CPUs there are, by /sys or without it.</summary>
public sealed class OnlineCpusTests
{
    [Theory]
    [InlineData("0\n", new[] { 0 })]
    [InlineData("0-3,8,10-11\n", new[] { 0, 1, 2, 3, 8, 10, 11 })]
    public void A_list_of_the_kernel_is_read(string list, int[] cpus) => Assert.Equal(cpus, OnlineCpus.Parse(list));

    [Fact]
    public void Proc_stat_tells_the_same() => Assert.Equal(OnlineCpus.List(), OnlineCpus.ParseStat(File.ReadLines("/proc/stat")));
}
