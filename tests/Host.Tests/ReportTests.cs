using System.Diagnostics;
using ForkFollow.Results.Formats;

namespace ForkFollow.Host.Tests;

/// <summary>Result files, made at the end of a run and anew by <c>forkfollow report</c>.</summary>
public sealed class ReportTests
{
    private const string Spin = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";

    private static readonly string[] _files =
    [
        "profile.data", "profile.firefox.json.gz", "profile.folded", "profile.pb.gz", "profile.speedscope.json", "report.html",
        "timeline.json", "tree.json",
    ];

    [SkippableFact]
    public async Task Report_makes_the_same_files_as_the_end_of_the_run()
    {
        Machine.Need(Machine.UserEvents, Machine.Page(HtmlReport.Refusal is null));
        using var program = new ForkFollowProgram();
        Ended ended = await program.RunAsync("--format", "all", "--collect", "cpu", "-F", "997", "--", "sh", "-c", Spin);
        Assert.Equal(0, ended.Status);
        Assert.Equal(_files, FilesOf(program));
        Dictionary<string, byte[]> before = FilesOf(program).ToDictionary(name => name, name => Read(program, name));

        foreach (string name in _files.Except(["tree.json", "profile.data"]))
            File.Delete(Path.Combine(program.Results, name));
        Ended again = await program.RunBareAsync("report", program.Results, "--format", "all");

        Assert.Equal(0, again.Status);
        Assert.Equal(_files, FilesOf(program));
        Assert.All(before, one => Assert.Equal(one.Value, Read(program, one.Key)));
        Assert.Contains("CPU time by ", again.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_default_is_the_page_and_pprof()
    {
        Machine.Need(Machine.UserEvents, Machine.Page(HtmlReport.Refusal is null));
        using var program = new ForkFollowProgram();
        Ended ended = await program.RunAsync("--collect", "cpu", "--", "sh", "-c", Spin);

        Assert.Equal(["profile.data", "profile.pb.gz", "report.html", "tree.json"], FilesOf(program));
    }

    [SkippableFact]
    public async Task Without_the_page_the_rest_is_written_and_html_is_refused_where_it_is_asked_for()
    {
        Machine.Need(HtmlReport.Refusal is null ? "this build has the page" : null);
        using var program = new ForkFollowProgram();
        Ended ended = await program.RunAsync("--", "true");
        Assert.Equal(0, ended.Status);
        Assert.Single(ended.Errors.Split('\n'), line => line.Contains("report.html cannot be written: ", StringComparison.Ordinal));
        Assert.Equal(["profile.data", "profile.pb.gz", "tree.json"], FilesOf(program));

        Ended all = await program.RunBareAsync("report", program.Results, "--format", "all");
        Assert.Equal(0, all.Status);
        Assert.Equal(_files.Except(["report.html"]), FilesOf(program));

        foreach (string[] command in (string[][])[["-o", "other", "--format", "html,pprof", "--", "true"], ["report", program.Results, "--format", "html"]])
        {
            Ended refused = await program.RunBareAsync(command);
            Assert.Equal(2, refused.Status);
            Assert.Matches("^forkfollow: --format: report.html cannot be written: .*install Node.js.*\n$", refused.Errors);
        }

        Assert.False(Directory.Exists(Path.Combine(program.Folder, "other")));
    }

    [SkippableFact]
    public async Task What_was_sampled_before_a_kill_can_be_reported()
    {
        Machine.Need(Machine.UserEvents);
        using var program = new ForkFollowProgram();
        using Process process = program.Start("--collect", "cpu", "-F", "997", "--", "sh", "-c", "while :; do :; done");
        string data = Path.Combine(program.Results, "profile.data");
        var limit = Stopwatch.StartNew();
        while (!process.HasExited && limit.Elapsed < TimeSpan.FromSeconds(20)
            && (!File.Exists(data) || new FileInfo(data).Length < 2000 || !File.Exists(Path.Combine(program.Results, "tree.json"))))
        {
            await Task.Delay(50);
        }

        Assert.False(process.HasExited);
        process.Kill();
        await process.EndedAsync();

        Ended ended = await program.RunBareAsync("report", program.Results, "--format", "folded");
        Assert.Equal(0, ended.Status);
        string folded = await File.ReadAllTextAsync(Path.Combine(program.Results, "profile.folded"));
        Assert.Contains("sh", folded, StringComparison.Ordinal);
        Assert.Contains("1 still alive", ended.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no tree.json")]
    [InlineData("not a tree.json", "tree.json", "{")]
    public async Task A_directory_without_a_run_is_refused_in_one_line(string why, params string[] files)
    {
        using var program = new ForkFollowProgram();
        Directory.CreateDirectory(program.Results);
        for (int i = 0; i < files.Length; i += 2)
            await File.WriteAllTextAsync(Path.Combine(program.Results, files[i]), files[i + 1]);

        Ended ended = await program.RunBareAsync("report", program.Results);

        Assert.Equal(2, ended.Status);
        Assert.Contains(why, ended.Errors, StringComparison.Ordinal);
        Assert.Single(ended.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task With_v_it_shows_values_and_tables_that_others_have_added()
    {
        using var program = new ForkFollowProgram();
        Directory.CreateDirectory(program.Results);
        const string Tree = """
            { "schema": 1, "started": "2026-01-01T00:00:00Z", "durationNs": 1, "processes": [ { "id": 1, "pid": 12, "origin": "launched",
              "startNs": 0, "comm": "sh", "end": "alive",
              "values": [ { "name": "app.wait", "value": 0.25, "unit": "s" } ],
              "tables": [ { "name": "app.rules", "columns": [ { "name": "rule", "unit": "" } ], "rows": [ [ "a\u001b[1m" ] ] } ] } ] }
            """;
        await File.WriteAllTextAsync(Path.Combine(program.Results, "tree.json"), Tree);

        Ended brief = await program.RunBareAsync("report", program.Results, "--format", "none");
        Ended verbose = await program.RunBareAsync("report", program.Results, "--format", "none", "-v");

        Assert.Equal((0, 0), (brief.Status, verbose.Status));
        Assert.DoesNotContain("app.", brief.Errors, StringComparison.Ordinal);
        Assert.Contains("\n(sh) [12]\n  app.wait  250 ms\n  app.rules\n    RULE\n    a\\x1b[1m\n", verbose.Errors, StringComparison.Ordinal);
    }

    private static string[] FilesOf(ForkFollowProgram program) =>
        [.. Directory.GetFiles(program.Results).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    private static byte[] Read(ForkFollowProgram program, string name) => File.ReadAllBytes(Path.Combine(program.Results, name));
}
