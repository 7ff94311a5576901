using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>Files, environment and command line, in this order. What is wrong in them: BadInputTests.</summary>
public sealed class SettingFilesTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public async Task The_command_line_wins_over_the_environment_and_that_over_files()
    {
        string own = Write("own.json", """{ "ForkFollow": { "Formats": "folded", "Collect": ["procfs"], "Output": "from-file" } }""");
        Ended ended = await RunAsync([("FORKFOLLOW_CONFIG", own), ("FORKFOLLOW__OUTPUT", "from-environment"), ("FORKFOLLOW__QUIET", "1")], "--format", "speedscope", "--", "true");
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
    public async Task The_command_line_tells_more_than_a_file_that_says_quiet()
    {
        string named = Write("quiet.json", """{ "ForkFollow": { "Quiet": true, "Collect": "none" } }""");
        Assert.Equal("", (await RunAsync([], "--config", named, "true")).Errors);
        Assert.Contains("exited 0", (await RunAsync([], "--config", named, "-v", "true")).Errors, StringComparison.Ordinal);
        Assert.Contains("results in", (await RunAsync([], "--config", named, "--quiet=false", "true")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_reads_the_settings_and_says_what_is_wrong_with_them()
    {
        string good = Write("good.json", """{ "ForkFollow": { "Frequency": 5 } }""");
        string bad = Write("bad.json", """{ "ForkFollow": { "Frequency": 0, "Duratoin": 3 } }""");
        Assert.Contains($"ok       settings                {good}\n", (await RunAsync([], "doctor", "--config", good)).Errors, StringComparison.Ordinal);
        Ended ended = await RunAsync([("FORKFOLLOW_FREQUENCY", "5")], "doctor", "--config", bad);
        Assert.Equal(1, ended.Status);
        Assert.Matches("limited +settings +ForkFollow:Duratoin: there is no such setting", ended.Errors);
        Assert.Matches("limited +settings +ForkFollow:Frequency: '0' is out of range", ended.Errors);
        Assert.Matches("limited +settings +FORKFOLLOW_FREQUENCY is no setting", ended.Errors);
        Assert.Matches("no +launch and follow +see settings above", ended.Errors);
        Assert.Matches("limited +settings +cannot read settings from nowhere", (await RunAsync([], "doctor", "--config", "nowhere")).Errors);
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
