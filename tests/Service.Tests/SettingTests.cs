using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ForkFollow.Service.Tests;

/// <summary>Options from the configuration: their order, their checks, and that appsettings.json has them all.</summary>
public sealed class SettingTests
{
    [Fact]
    public void Every_setting_can_be_set()
    {
        var values = new Dictionary<string, string>
        {
            ["Output"] = "/results",
            ["Force"] = "true",
            ["Collect"] = "cpu,dotnet,trace",
            ["Frequency"] = "997",
            ["Events"] = "sched:sched_switch",
            ["CallGraph"] = "dwarf",
            ["MmapPages"] = "64",
            ["ProcfsInterval"] = "0.5",
            ["DotNetTrace"] = "true",
            ["Duration"] = "3600",
            ["Descendants"] = "false",
            ["Until"] = "all",
            ["OnExit"] = "detach",
            ["Formats"] = "folded",
            ["Quiet"] = "true",
            ["ScanInterval"] = "0.25",
            ["MaxRuns"] = "3",
            ["Telemetry:InjectTraceparent"] = "true",
            ["Telemetry:PidAttribute"] = "true",
            ["Telemetry:CommandArgs"] = "true",
            ["Telemetry:MaxPendingSpans"] = "1000",
            ["Telemetry:FlushTimeout"] = "0.5",
        };
        Assert.Equal(SettingTable.All.Select(setting => setting.Key).Order(), values.Keys.Order());
        ForkFollowOptions options = Read(out IReadOnlyList<string> faults, values);
        Assert.Empty(faults);
        Assert.Empty(OptionsCheck.Check(options));
        Assert.All(values, value => Assert.Equal(value.Value, SettingTable.Find(value.Key).Show(options)));
    }

    [Fact]
    public void All_faults_are_told_together_with_the_name_and_the_remedy()
    {
        Read(out IReadOnlyList<string> faults, new Dictionary<string, string>
        {
            ["Frequency"] = "abc",
            ["frequncy"] = "1",
            ["MmapPages"] = "3",
            ["Duration"] = "0",
            ["Collect"] = "cpu,gpu",
            ["Formats:0"] = "html",
            ["Formats:1"] = "htm",
            ["Events"] = "cylces",
            ["CallGraph"] = "lbr",
            ["Targets:0:Pid"] = "zero",
            ["Targets:0:PidFiles"] = "/x",
            ["Quiet:Very"] = "true",
            ["Telemetry:PidAtribute"] = "true",
        });
        Assert.Equal(
            [
                "ForkFollow:CallGraph: there is no 'lbr'; it takes fp or dwarf",
                "ForkFollow:Collect: there is no collector 'gpu' (did you mean cpu?); it takes rusage, counters, cpu, offcpu, syscalls, trace, procfs, dotnet, or none",
                "ForkFollow:Duration: '0' is out of range; it takes seconds, more than 0 and at most 1000000",
                "ForkFollow:Events: 'cylces' is no event (did ",
                "ForkFollow:Formats: there is no format 'htm' (did you mean html?); it takes html, pprof, folded, speedscope, firefox, timeline, all or none",
                "ForkFollow:Frequency: 'abc' is no number; it takes a whole number from 1 to 10000",
                "ForkFollow:MmapPages: '3' is no power of two; it takes one up to 262144, or 0 for enough",
                "ForkFollow:Quiet: it has settings below it; it takes a value",
                "ForkFollow:Targets:0:Pid: 'zero' is no pid; it takes 1 to 4194304",
                "ForkFollow:Targets:0:PidFiles: there is no such setting (did you mean PidFile?); correct the name, or remove it",
                "ForkFollow:Telemetry:PidAtribute: there is no such setting (did you mean PidAttribute?); correct the name, or remove it",
                "ForkFollow:frequncy: there is no such setting (did you mean Frequency?); correct the name, or remove it",
            ],
            faults.Select(fault => fault.StartsWith("ForkFollow:Events", StringComparison.Ordinal) ? fault[..45] : fault)
                .Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("it has more than one of Pid, PidFile", "Pid", "3", "Unit", "a")]
    [InlineData("it names nothing", "Name", "x")]
    [InlineData("no name of a unit", "Unit", "a/b")]
    [InlineData("--collect trace needs to know", "../../Collect", "trace")]
    [InlineData("--dotnet-trace keeps what", "../../DotNetTrace", "true")]
    public void What_does_not_fit_together_is_a_fault(string fault, params string[] values)
    {
        var settings = new Dictionary<string, string>();
        for (int i = 0; i < values.Length; i += 2)
        {
            string key = values[i].StartsWith("../../", StringComparison.Ordinal) ? values[i][6..] : "Targets:0:" + values[i];
            settings[key] = values[i + 1];
        }

        ForkFollowOptions options = Read(out IReadOnlyList<string> faults, settings);
        Assert.Empty(faults);
        Assert.Contains(fault, Assert.Single(OptionsCheck.Check(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_later_source_wins_and_gives_a_list_as_a_whole()
    {
        ForkFollowOptions options = Read(
            out IReadOnlyList<string> faults,
            new Dictionary<string, string> { ["Frequency"] = "1", ["Formats:0"] = "html", ["Formats:1"] = "pprof", ["Targets:0:Unit"] = "a", ["Targets:1:Unit"] = "b", ["MaxRuns"] = "5" },
            new Dictionary<string, string> { ["FREQUENCY"] = "2", ["Formats"] = "folded", ["TARGETS:0:EXECUTABLE"] = "c", ["Output"] = "" });
        Assert.Empty(faults);
        Assert.Equal(2, options.Frequency);
        Assert.Equal(5, options.MaxRuns);
        Assert.Equal(["folded"], options.Formats);
        Assert.Equal("exe=c", Assert.Single(options.Targets).ToString());
        Assert.Null(options.Output);
    }

    [Fact]
    public void What_code_sets_is_checked_by_the_same_rules()
    {
        var options = new ForkFollowOptions { Frequency = 0, Collect = ["x"], ScanInterval = TimeSpan.Zero, Command = ["a"], Pids = [1] };
        Assert.Equal(
            [
                "ForkFollow:Collect: there is no collector 'x'; it takes rusage, counters, cpu, offcpu, syscalls, trace, procfs, dotnet, or none",
                "ForkFollow:Frequency: '0' is out of range; it takes a whole number from 1 to 10000",
                "ForkFollow:ScanInterval: '0' is out of range; it takes seconds, 0.01 to 3600",
                "both a command and pids are given; follow one of them",
            ],
            OptionsCheck.Check(options));
    }

    [Fact]
    public async Task A_host_does_not_start_with_faults_and_tells_them_all()
    {
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ForkFollow:Frequency", "abc"), new("ForkFollow:Typo", "1")]);
        builder.Services.AddForkFollow(options => options.MaxRuns = 0);
        using IHost host = builder.Build();
        OptionsValidationException e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Equal(4, e.Failures.Count());
        Assert.Contains("ForkFollow:MaxRuns: '0' is out of range; it takes a whole number from 1 to 1000", e.Failures);
        Assert.Contains(e.Failures, fault => fault.StartsWith("ForkFollow:Targets: there is nothing to follow", StringComparison.Ordinal));
    }

    [Fact]
    public void The_file_at_the_root_has_every_setting_and_its_default()
    {
        string path = Path.Combine(Places.Repository, "appsettings.json");
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(path), new() { CommentHandling = JsonCommentHandling.Skip });
        Assert.Equal(
            SettingTable.All.Select(setting => setting.Key).Append("Targets").Order(),
            KeysOf(file.RootElement.GetProperty("ForkFollow"), "").Order());

        var options = new ForkFollowOptions();
        Assert.Empty(SettingReader.Read(new ConfigurationBuilder().AddJsonFile(path).Build(), options));
        var defaults = new ForkFollowOptions();
        Assert.All(SettingTable.All, setting => Assert.Equal(setting.Show(defaults), setting.Show(options)));
        Assert.Empty(options.Targets);
        Assert.Null(options.Collect);
    }

    /// <summary>A property that no setting shows could not be set by the configuration.</summary>
    [Fact]
    public void Every_option_is_a_setting_but_those_that_say_what_to_run() => Assert.Equal(
        SettingTable.All.Select(setting => setting.Key).Concat(["Targets", "Command", "Pids"]).Order(),
        typeof(ForkFollowOptions).GetProperties().Select(property => property.Name).Where(name => name != "Telemetry")
            .Concat(typeof(TelemetryOptions).GetProperties().Select(property => "Telemetry:" + property.Name)).Order());

    private static IEnumerable<string> KeysOf(JsonElement section, string prefix) => section.EnumerateObject().SelectMany(
        property => property.Value.ValueKind == JsonValueKind.Object
            ? KeysOf(property.Value, prefix + property.Name + ":")
            : [prefix + property.Name]);

    [Theory]
    [InlineData("pid=12", "pid=12")]
    [InlineData("unit=nginx.service", "unit=nginx.service")]
    [InlineData("exe=php-fpm*", "exe=php-fpm*")]
    [InlineData("args=a=b c", "args=a=b c")]
    [InlineData("pid=x", "'x' is no pid")]
    [InlineData("exe=", "it is empty")]
    [InlineData("exe", "'exe' is no target")]
    [InlineData("port=80", "'port=80' is no target; it takes pid=…, pidfile=…")]
    [InlineData("name=x", "'name=x' is no target")]
    public void A_target_of_the_command_line_is_a_kind_and_a_value(string text, string expected)
    {
        string? told = TargetReader.Parse(text, out string? fault)?.ToString() ?? fault;
        Assert.StartsWith(expected, told, StringComparison.Ordinal);
    }

    /// <summary>Options from sources, each a set of settings of the section.</summary>
    private static ForkFollowOptions Read(out IReadOnlyList<string> faults, params Dictionary<string, string>[] sources)
    {
        var builder = new ConfigurationBuilder();
        foreach (Dictionary<string, string> source in sources)
            builder.AddInMemoryCollection(source.Select(pair => KeyValuePair.Create("ForkFollow:" + pair.Key, (string?)pair.Value)));
        var options = new ForkFollowOptions();
        faults = SettingReader.Read(builder.Build(), options);
        return options;
    }
}
