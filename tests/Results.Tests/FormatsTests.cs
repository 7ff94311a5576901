using System.Globalization;
using System.Text.Json;
using ForkFollow.Results.Formats;
using Proto = Perftools.Profiles;

namespace ForkFollow.Results.Tests;

/// <summary>What all result formats have in common: nothing is lost, and no name breaks them.</summary>
public sealed class FormatsTests : IDisposable
{
    private readonly FormatFiles _files = new();

    private static readonly string[] _hostile =
    [
        "a;b c\nd\te\0f\u001b[31m\u009b\u007f", "</script><script>alert(1)</script>", "\ud800", "x\udc00y\ud83c",
        "\u202egnp.exe\u2028", "\"\\',{}[]", "", " ", "naïve 日本 🎈", "%s%n$(id)`id`", new string('n', 100_000),
        string.Concat(Enumerable.Repeat("🎈", 50_000)), "[kernel]", "..",
    ];

    /// <summary>By their index: a test runner cannot hand on all of them.</summary>
    public static TheoryData<int> HostileNames => [.. Enumerable.Range(0, _hostile.Length)];

    public void Dispose() => _files.Dispose();

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void Hostile_names_give_valid_files_without_control_characters(int name)
    {
        RecordedRun run = SampleRuns.Hostile(_hostile[name]);
        foreach (string format in FormatFiles.Writers.Keys.Where(format => format != PprofFile.Name))
        {
            string text = FormatFiles.Text(_files.Write(format, run));
            Assert.DoesNotContain(text, c => char.IsControl(c) && !(format == FoldedFile.Name && c == '\n'));
            if (format != FoldedFile.Name)
                using (JsonDocument.Parse(text))
                    Assert.DoesNotContain("</script", text, StringComparison.Ordinal);
        }

        Proto.Profile profile = Proto.Profile.Parser.ParseFrom(FormatFiles.Content(_files.Write(PprofFile.Name, run)));
        Assert.DoesNotContain(profile.StringTable, text => text.Any(char.IsControl));
        Assert.Equal(50_000_000, profile.Sample.Sum(sample => sample.Value[1]));
    }

    [Theory]
    [MemberData(nameof(HostileNames))]
    public void A_folded_line_has_one_frame_for_each_frame_whatever_its_name(int name)
    {
        string[] lines = FormatFiles.Text(_files.Write(FoldedFile.Name, SampleRuns.Hostile(_hostile[name]))).TrimEnd('\n').Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Equal([4, 4, 3, 5, 2], lines.Select(line => line.Split(';').Length));
        Assert.All(lines, line => Assert.Equal("1", line[(line.LastIndexOf(' ') + 1)..]));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(200, 5_000)]
    [InlineData(1_500, 20_000)]
    public void Each_format_holds_all_weight_of_the_model(int processes, int samples)
    {
        RecordedRun run = SampleRuns.Random(processes, samples);
        long weight = run.Profile.Samples.Sum(sample => sample.Weight);

        string[] folded = File.ReadAllLines(_files.Write(FoldedFile.Name, run));
        Assert.Equal(samples, folded.Sum(line => long.Parse(line[line.LastIndexOf(' ')..], CultureInfo.InvariantCulture)));

        JsonElement speedscope = FormatFiles.Json(_files.Write(SpeedscopeFile.Name, run));
        Assert.Equal(weight, Sum(speedscope.GetProperty("profiles"), profile => Sum(profile.GetProperty("weights"), one => one.GetInt64())));
        Assert.Equal(weight, Sum(speedscope.GetProperty("profiles"), profile => profile.GetProperty("endValue").GetInt64()));

        Proto.Profile pprof = Proto.Profile.Parser.ParseFrom(FormatFiles.Content(_files.Write(PprofFile.Name, run)));
        Assert.Equal(samples, pprof.Sample.Sum(sample => sample.Value[0]));
        Assert.Equal(weight, pprof.Sample.Sum(sample => sample.Value[1]));

        JsonElement firefox = FormatFiles.Json(_files.Write(FirefoxFile.Name, run));
        Assert.Equal(weight, Sum(firefox.GetProperty("threads"), thread => Sum(
            thread.GetProperty("samples").GetProperty("weight"), one => (long)(one.GetDecimal() * 1_000_000))));
        FirefoxStructure.Check(firefox);

        JsonElement timeline = FormatFiles.Json(_files.Write(TimelineFile.Name, run));
        Assert.Equal(processes, timeline.GetProperty("traceEvents").EnumerateArray()
            .Count(one => one.GetProperty("ph").GetString() == "X" && one.GetProperty("cat").GetString() == "process"));
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("ar-SA")]
    public void Files_are_the_same_under_every_culture(string culture)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        RecordedRun run = SampleRuns.Random(50, 500);
        Dictionary<string, byte[]> expected = FormatFiles.Writers.Keys.ToDictionary(
            format => format, format => FormatFiles.Content(_files.Write(format, run)));
        try
        {
            CultureInfo.CurrentCulture = Foreign(culture);
            foreach (string format in FormatFiles.Writers.Keys)
                Assert.Equal(expected[format], FormatFiles.Content(_files.Write(format, run)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Every_format_can_be_written_when_nothing_was_sampled_and_when_cycles_were()
    {
        RecordedRun small = SampleRuns.Small();
        foreach (RecordedRun run in (RecordedRun[])[
            small with { Profile = Profile.Empty },
            small with { Profile = Profile.Empty, Processes = [], Command = null },
            small with { Profile = small.Profile with { CpuEvent = "cycles" } },
            small with { Processes = [] }])
        {
            foreach (string format in FormatFiles.Writers.Keys)
            {
                string file = _files.Write(format, run);
                if (format.Contains("json", StringComparison.Ordinal))
                    FormatFiles.Json(file);
            }
        }
    }

    internal static CultureInfo Foreign(string name)
    {
        // Cultures are invariant in this build: one is made by hand.
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = name == "de-DE" ? "," : "٫";
        culture.NumberFormat.NegativeSign = "−";
        return culture;
    }

    private static long Sum(JsonElement array, Func<JsonElement, long> value) => array.EnumerateArray().Sum(value);
}
