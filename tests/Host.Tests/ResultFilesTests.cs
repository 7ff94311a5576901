namespace ForkFollow.Host.Tests;

/// <summary>
/// Results that cannot be written, or that somebody takes away: the command's status is its own, what is lost is said, and no file is
/// half there under its name.
/// </summary>
public sealed class ResultFilesTests : IDisposable
{
    /// <summary>Long enough for a first chunk, and a second one.</summary>
    private const string Work = "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done";

    /// <summary>Until there is a recording, or in vain for 20 s.</summary>
    private const string UntilRecorded = "n=0; until [ -e $D/profile.data ] || [ $n -gt 100 ]; do n=$((n+1)); i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; done";

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    private string Disk => Path.Combine(_program.Folder, "small");

    private string OnDisk => Path.Combine(Disk, "out");

    [SkippableFact]
    public async Task A_command_that_deletes_the_results_has_its_own_status_and_the_loss_is_said_once()
    {
        Ended ended = await _program.RunBareAsync("-q", "--", "/bin/sh", "-c", "rm -rf forkfollow-*; exit 3");
        Assert.Equal(3, ended.Status);
        Assert.Matches(@"^forkfollow: the result directory \S+ was removed while the run went on: its results are lost\n$", ended.Errors);
        Assert.Empty(Directory.GetFileSystemEntries(_program.Folder));

        ended = await _program.RunBareAsync("--", "/bin/sh", "-c", "rm -rf forkfollow-*; exit 3");
        Assert.Equal(3, ended.Status);
        Assert.Contains("COMMAND", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("results in", ended.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_command_that_moves_the_results_is_told_where_they_are()
    {
        Ended ended = await _program.RunBareAsync("-q", "--", "/bin/sh", "-c", "mv forkfollow-* moved; mkdir forkfollow-sh-1; exit 3");
        Assert.Equal(3, ended.Status);
        Assert.Contains($"its results are in {_program.Folder}/moved\n", ended.Errors, StringComparison.Ordinal);
        Assert.Single(RunFile.Read(Path.Combine(_program.Folder, "moved/tree.json")).Named("sh"));
    }

    [SkippableFact]
    public async Task A_recording_that_the_command_deletes_is_missed()
    {
        Machine.Need(Machine.UserEvents);
        Ended ended = await RunIn(_program.Results, ["-F", "997"], $"{UntilRecorded}; rm $D/profile.data; exit 3");
        Assert.Equal(3, ended.Status);
        Assert.Matches(@"^forkfollow: \S+/profile.data was removed while the run went on: its samples are lost\n$", ended.Errors);
        Assert.Contains(_program.ReadTree().Ledger, line => line.Contains("its samples are lost", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_link_in_the_place_of_a_file_of_ours_is_not_followed()
    {
        string victim = Path.Combine(_program.Folder, "victim");
        await File.WriteAllTextAsync(victim, "precious");
        Directory.CreateDirectory(_program.Results);
        File.CreateSymbolicLink(Path.Combine(_program.Results, ".probe"), victim);
        Ended ended = await _program.RunAsync("-q", "--force", "--", "true");
        Assert.Equal("precious", await File.ReadAllTextAsync(victim));
        Assert.Equal(2, ended.Status);
        Assert.Contains("has .probe in it, which is no result file", Assert.Single(LinesOf(ended)), StringComparison.Ordinal);

        File.Delete(Path.Combine(_program.Results, ".probe"));
        File.CreateSymbolicLink(Path.Combine(_program.Results, "tree.json"), victim);
        Assert.Equal(new Ended(0, "", ""), await _program.RunAsync("-q", "--force", "--", "true"));
        Assert.Equal("precious", await File.ReadAllTextAsync(victim));
    }

    [SkippableFact]
    public async Task With_force_a_run_has_its_own_results_alone()
    {
        Machine.Need(Machine.UserEvents);
        Assert.Equal(0, (await _program.RunAsync("-q", "--format", "all", "-F", "997", "--", "sh", "-c", Work)).Status);
        Assert.True(File.Exists(Path.Combine(_program.Results, "profile.data")));

        Ended refused = await _program.RunAsync("-q", "--force", "--", "/no/such/command");
        Assert.Equal(127, refused.Status);
        Assert.True(File.Exists(Path.Combine(_program.Results, "profile.folded")));
        Assert.Single(_program.ReadTree().Named("sh"));

        Ended ended = await _program.RunAsync("--force", "--collect", "rusage", "--format", "pprof", "--", "sleep", "0.1");
        Assert.Equal(0, ended.Status);
        Assert.DoesNotContain("samples", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(["profile.pb.gz", "tree.json"], NamesIn(_program.Results));
        Assert.Equal(["out"], NamesIn(_program.Folder));
        Assert.Equal(0, (await _program.RunBareAsync("report", _program.Results)).Status);
    }

    [SkippableFact]
    public async Task A_disk_that_becomes_full_keeps_what_was_written_and_each_file_that_is_missing_is_named()
    {
        Machine.Need(Machine.UserEvents, SmallDisk.Missing);
        using var disk = new SmallDisk(Disk, "size=256k");
        Ended ended = await RunIn(
            OnDisk, ["-F", "997", "--format", "all"], $"{UntilRecorded}; head -c 1M /dev/zero >{Disk}/filler 2>/dev/null; {Work}; exit 8");
        Assert.Equal(8, ended.Status);
        Assert.Equal(["profile.data", "tree.json"], NamesIn(OnDisk));
        string last = LinesOf(ended)[^1];
        foreach (string name in (string[])["profile.pb.gz", "profile.folded", "profile.speedscope.json", "profile.firefox.json.gz", "timeline.json"])
            Assert.Contains(name, last, StringComparison.Ordinal);
        Assert.Contains($": No space left on device; make room in {OnDisk}", last, StringComparison.Ordinal);

        // Once there is room all is made of what was kept.
        File.Delete(Path.Combine(Disk, "filler"));
        Ended report = await _program.RunBareAsync("report", OnDisk, "--format", "folded");
        Assert.Equal(0, report.Status);
        Assert.DoesNotContain("cut off or damaged", report.Errors, StringComparison.Ordinal);
        Assert.NotEqual(0, new FileInfo(Path.Combine(OnDisk, "profile.folded")).Length);
    }

    /// <summary>One that does not fit costs itself.</summary>
    [SkippableFact]
    public async Task A_format_that_finds_no_room_leaves_the_others()
    {
        Machine.Need(SmallDisk.Missing, Machine.Page(Results.Formats.HtmlReport.Refusal is null));
        using var disk = new SmallDisk(Disk, "size=64k");
        Ended ended = await RunIn(OnDisk, ["--collect", "rusage", "--format", "all"], "exit 8");
        Assert.Equal(8, ended.Status);
        Assert.StartsWith("forkfollow: cannot write report.html: No space left on device; ", Assert.Single(LinesOf(ended)), StringComparison.Ordinal);
        Assert.Equal(
            ["profile.firefox.json.gz", "profile.folded", "profile.pb.gz", "profile.speedscope.json", "timeline.json", "tree.json"], NamesIn(OnDisk));
    }

    /// <summary>A quota is no matter for root.</summary>
    [SkippableFact]
    public async Task A_quota_that_is_used_up_is_said()
    {
        Machine.Need(SmallDisk.Missing, Machine.Tool("setpriv"));
        using var disk = new SmallDisk(Disk, "usrquota,usrquota_block_hardlimit=16k");
        File.SetUnixFileMode(_program.Folder, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(Disk, (UnixFileMode)0x1FF);
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "setpriv",
            [
                "--reuid=65534", "--regid=65534", "--clear-groups", ForkFollowProgram.Path_, "-q", "-o", OnDisk, "--collect", "rusage",
                "--format", "folded,pprof", "--", "/bin/sh", "-c", $"head -c 1M /dev/zero >{Disk}/filler 2>/dev/null; exit 8",
            ]);
        Assert.Equal(8, ended.Status);
        Assert.Contains("Disk quota exceeded", ended.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_directory_that_becomes_read_only_is_said_and_what_is_there_stays()
    {
        Machine.Need(Machine.Root("to become an ordinary user"), Machine.Tool("setpriv"));
        File.SetUnixFileMode(_program.Folder, (UnixFileMode)0x1FF);
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "setpriv",
            [
                "--reuid=65534", "--regid=65534", "--clear-groups", ForkFollowProgram.Path_, "-q", "-o", _program.Results, "--collect", "rusage",
                "--format", "pprof", "--", "/bin/sh", "-c",
                $"until [ -e {_program.Results}/tree.json ]; do sleep 0.05; done; chmod 500 {_program.Results}; exit 8",
            ]);
        Assert.Equal(8, ended.Status);
        Assert.Contains("cannot write profile.pb.gz: Permission denied", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(["tree.json"], NamesIn(_program.Results));
    }

    /// <summary>.NET itself needs 8 MB files at its start, unless it is told not to.</summary>
    [SkippableFact]
    public async Task A_limit_of_file_sizes_kills_nobody()
    {
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "/bin/bash",
            [
                "-c", $"ulimit -f 1; export DOTNET_EnableWriteXorExecute=0; exec {ForkFollowProgram.Path_} -q -o {_program.Results} --collect rusage --format pprof,timeline -- "
                    + "/bin/bash -c 'for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done; exit 8'",
            ]);
        Assert.Equal(8, ended.Status);
        Assert.Contains("File too large", ended.Errors, StringComparison.Ordinal);
    }

    /// <summary>Runs a script, which has the result directory in D.</summary>
    private Task<Ended> RunIn(string directory, string[] options, string script) =>
        _program.RunBareAsync(["-q", "-o", directory, .. options, "--", "/bin/sh", "-c", $"D={directory}; {script}"]);

    private static string[] LinesOf(Ended ended) => ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] NamesIn(string folder) =>
        [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
