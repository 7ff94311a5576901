using ForkFollow.Collectors;
using ForkFollow.Follower;
using ForkFollow.Results;
using ForkFollow.Symbols;
using ForkFollow.Telemetry;

namespace ForkFollow.Service.Tests;

/// <summary>The public API of the libraries is what PublicApi.txt beside each project says.</summary>
public sealed class PublicApiTests
{
    private const string Accept = "FORKFOLLOW_ACCEPT_API";

    [Theory]
    [InlineData("Follower", typeof(FollowSession))]
    [InlineData("Symbols", typeof(ModuleSymbols))]
    [InlineData("Results", typeof(RecordedRun))]
    [InlineData("Collectors", typeof(Collector))]
    [InlineData("Service", typeof(ForkFollowOptions))]
    [InlineData("Telemetry", typeof(ProcessTelemetry))]
    public void It_changes_only_when_somebody_says_so(string project, Type type)
    {
        string file = Path.Combine(Places.Repository, "src", project, "PublicApi.txt");
        string now = PublicApi.List(type.Assembly);
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, now);
        string[] before = File.Exists(file) ? File.ReadAllText(file).Split('\n') : [];
        string[] gone = [.. before.Except(now.Split('\n')).Select(line => "- " + line)];
        string[] added = [.. now.Split('\n').Except(before).Select(line => "+ " + line)];
        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == now,
            $"the public API of {project} is not what {file} says:\n{string.Join('\n', gone.Concat(added))}\n"
            + $"if that is meant: {Accept}=1 dotnet test tests/Service.Tests --filter PublicApiTests, look at the difference, commit it");
    }

    [Fact]
    public void Types_and_members_of_each_kind_are_listed() => Assert.Equal(
        """
        abstract class ForkFollow.Service.Tests.ApiExample : IDisposable
            String Name { get; init; }
            String? Other { get; }
            const Int32 Most = 3
            new(String name, Int32 count = 2)
            protected abstract Boolean OnOpen(List<Int32> values)
            static Boolean TryParse<T>(String text, out T value)
            virtual Void Dispose()

        """,
        string.Concat(PublicApi.List(typeof(ApiExample).Assembly).Split('\n').SkipWhile(line => !line.Contains("ApiExample", StringComparison.Ordinal))
            .Take(8).Select(line => line + "\n")));
}

/// <summary>For the test above.</summary>
public abstract class ApiExample : IDisposable
{
    public const int Most = 3;

    internal ApiExample()
    {
    }

    protected ApiExample(string name, int count = 2) => Name = name + count;

    public string Name { get; init; } = "";

    public string? Other { get; private set; }

    public static bool TryParse<T>(string text, out T value)
    {
        value = default!;
        return text.Length > 0;
    }

    public virtual void Dispose() => Hidden();

    protected abstract bool OnOpen(List<int> values);

    private void Hidden() => Other = Name;
}
