namespace ForkFollow.Service.Tests;

/// <summary>Where the results of a target's run go.</summary>
public sealed class RunDirectoryTests
{
    private static readonly DateTime _now = new(2026, 11, 21, 16, 5, 9, 7, DateTimeKind.Utc);

    [Theory]
    [InlineData("nginx", "/results/nginx-12-20261121T160509007Z")]
    [InlineData("php-fpm: pool", "/results/php_fpm__pool-12-20261121T160509007Z")]
    [InlineData("../../etc", "/results/.._.._etc-12-20261121T160509007Z")]
    [InlineData("..", "/results/target-12-20261121T160509007Z")]
    [InlineData("", "/results/target-12-20261121T160509007Z")]
    [InlineData("a\u001b[2Jb", "/results/a__2Jb-12-20261121T160509007Z")]
    public void Its_name_says_who_and_when_and_no_process_can_choose_another_place(string name, string expected) =>
        Assert.Equal(expected, RunDirectory.ForTarget("/results", name, 12, _now));

    [Fact]
    public void A_unit_has_its_state_directory()
    {
        Assert.Equal("forkfollow-results/a-12-20261121T160509007Z", RunDirectory.ForTarget(null, "a", 12, _now));
        Environment.SetEnvironmentVariable("STATE_DIRECTORY", "/var/lib/forkfollow:/var/lib/other");
        try
        {
            Assert.Equal("/var/lib/forkfollow/a-12-20261121T160509007Z", RunDirectory.ForTarget(null, "a", 12, _now));
        }
        finally
        {
            Environment.SetEnvironmentVariable("STATE_DIRECTORY", null);
        }
    }
}
