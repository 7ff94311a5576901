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

    /// <summary>Not those that we may use: whom we attach to may use others.</summary>
    [Fact]
    public void A_run_has_the_CPUs_of_the_machine() => Assert.Equal(OnlineCpus.List().Count, new RunResults(command: null).RecordOutline().Cpus);
}
