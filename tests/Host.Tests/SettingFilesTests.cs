using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>Files, environment and command line, in this order; all faults at once.</summary>
public sealed class SettingFilesTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task The_command_line_wins_over_the_environment_and_that_over_files()
    {
        string own = Write("own.json", """{ "ForkFollow": { "Formats": "folded", "Collect": ["procfs"], "Output": "from-file" } }""");
        Ended ended = await RunAsync([("FORKFOLLOW_CONFIG", own), ("FORKFOLLOW__OUTPUT", "from-environment"), ("FORKFOLLOW__QUIET", "true")], "--format", "speedscope", "--", "true");
        Assert.Equal(new Ended(0, "", ""), ended);
        string results = Path.Combine(_program.Folder, "from-environment");
        Assert.True(File.Exists(Path.Combine(results, "profile.speedscope.json")));
        Assert.False(File.Exists(Path.Combine(results, "profile.folded")));
        Assert.Equal(
            ["rusage", "procfs"],
            RunFile.Read(Path.Combine(results, "tree.json")).Processes[0].GetProperty("collectors").EnumerateArray().Select(one => one.GetString()));
    }

    [Fact]
    public async Task A_file_that_is_named_is_taken_and_not_the_one_in_the_configuration_directory_of_the_user()
    {
        Directory.CreateDirectory(Path.Combine(_program.Folder, "home/forkfollow"));
        Write("home/forkfollow/appsettings.json", """{ "ForkFollow": { "Output": "of-the-user", "Quiet": true } }""");
        string named = Write("named.json", """{ "ForkFollow": { "Output": "named", "Quiet": true } }""");
        (string, string)[] home = [("XDG_CONFIG_HOME", Path.Combine(_program.Folder, "home"))];
        Assert.Equal(0, (await RunAsync(home, "--", "true")).Status);
        Assert.True(Directory.Exists(Path.Combine(_program.Folder, "of-the-user")));
        Assert.Equal(0, (await RunAsync(home, "--config", named, "--", "true")).Status);
        Assert.True(Directory.Exists(Path.Combine(_program.Folder, "named")));
    }

    [Fact]
    public async Task All_faults_are_told_at_once_each_with_its_name_and_remedy()
    {
        string own = Write("own.json", """{ "ForkFollow": { "Frequency": "abc", "Duratoin": 3 } }""");
        Ended ended = await RunAsync([("FORKFOLLOW__MMAPPAGES", "3")], "--config", own, "--until", "later", "-d", "soon", "--", "true");
        Assert.Equal(2, ended.Status);
        Assert.Equal(
            """
            forkfollow: ForkFollow:Duratoin: there is no such setting (did you mean Duration?); correct the name, or remove it
            forkfollow: ForkFollow:Frequency: 'abc' is no number; it takes 1 to 10000
            forkfollow: ForkFollow:MmapPages: it takes a power of two, and 3 is none
            forkfollow: -d: 'soon' is no duration; it takes seconds, more than 0 and at most 1000000
            forkfollow: --until: there is no 'later'; it takes root or all

            """,
            ended.Errors);
    }

    [Theory]
    [InlineData("nothing to wait for", "service")]
    [InlineData("'port=80' is no target", "service", "--target", "port=80")]
    [InlineData("there is no file nowhere.json", "service", "--config", "nowhere.json")]
    [InlineData("the service launches no command", "service", "--", "true")]
    [InlineData("it takes seconds, 0.01 to 3600", "service", "--target", "pid=1", "--scan-interval", "0")]
    [InlineData("LineNumber: 0", "--config", "broken.json", "--", "true")]
    public async Task What_cannot_be_served_is_one_line(string line, params string[] arguments)
    {
        Write("broken.json", """{ "ForkFollow": { """);
        Ended ended = await RunAsync([], arguments);
        Assert.Equal(2, ended.Status);
        Assert.Contains(line, Assert.Single(ended.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_program.Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private async Task<Ended> RunAsync((string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(ForkFollowProgram.Path_, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _program.Folder,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Started process = Started.Begin(start);
        return await ForkFollowProgram.EndAsync(process);
    }
}
