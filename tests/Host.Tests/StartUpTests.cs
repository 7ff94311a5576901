using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>Problems at start-up that need more than a line (BadInputTests has those).</summary>
public sealed class StartUpTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task Without_libdw_its_call_graph_is_refused()
    {
        // A file of its name that is no library hides the one that may be installed.
        File.WriteAllText(Path.Combine(_program.Folder, "libdw.so.1"), "none");
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "env",
            ["LD_LIBRARY_PATH=" + _program.Folder, ForkFollowProgram.Path_, "-o", _program.Results, "--call-graph", "dwarf", "--", "true"]);
        Assert.Equal(2, ended.Status);
        Assert.Matches("^forkfollow: .*libdw.so.1.*install libdw1.*--call-graph fp\n$", ended.Errors);
        Assert.False(Directory.Exists(_program.Results));
    }

    [SkippableFact]
    public async Task A_working_directory_that_was_removed_is_no_hindrance_to_results_elsewhere()
    {
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "/bin/sh", ["-c", $"mkdir gone && cd gone && rmdir ../gone && exec {ForkFollowProgram.Path_} -o {_program.Results} true"], _program.Folder);
        Assert.Equal(0, ended.Status);
        Assert.EndsWith($"forkfollow: results in {_program.Results}\n", ended.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Results_are_not_overwritten_unless_told_so()
    {
        Assert.Equal(0, (await _program.RunAsync("-q", "--", "true")).Status);
        string file = Path.Combine(_program.Results, "tree.json");
        byte[] first = File.ReadAllBytes(file);
        Ended refused = await _program.RunAsync("-q", "--", "false");
        Assert.Equal(2, refused.Status);
        Assert.Contains("exists already", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(first, File.ReadAllBytes(file));
        Assert.Equal(1, (await _program.RunAsync("-q", "--force", "--", "false")).Status);
        Assert.NotEqual(first, File.ReadAllBytes(file));
    }

    [SkippableFact]
    public async Task A_result_directory_is_for_its_owner_only_and_named_after_the_command()
    {
        await _program.RunBareAsync("-q", "--", "/bin/true");
        string directory = Assert.Single(Directory.GetDirectories(_program.Folder));
        Assert.Matches(@"/forkfollow-true-\d+$", directory);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
    }

    [SkippableFact]
    public async Task A_target_that_is_followed_already_is_refused_by_name_and_not_disturbed()
    {
        using Process target = ForkFollowProgram.Start("/bin/sh", ["-c", "read line; exit 4"]);
        using Process first = _program.Start("-q", "-p", target.Id.ToString());
        await Proc.UntilFollowedAsync(target.Id);
        Ended second = await _program.RunBareAsync("-p", target.Id.ToString());
        Assert.Equal(2, second.Status);
        Assert.Contains("already traced by", second.Errors, StringComparison.Ordinal);
        Assert.Contains($"process {first.Id}", second.Errors, StringComparison.Ordinal);
        Ended ended = await ForkFollowProgram.EndAsync(target);
        Assert.Equal(4, ended.Status);
        Assert.Equal(0, (await ForkFollowProgram.EndAsync(first)).Status);
    }

    /// <summary>A native program finds its own folder by its path, which the user may not look up here.</summary>
    [SkippableFact]
    public async Task A_program_whose_folder_its_user_may_not_see_runs_without_the_settings_beside_it()
    {
        Machine.Need(
            Machine.Root("to become an ordinary user"), Machine.Tool("setpriv"),
            ProgramUnderTest.IsNative ? null : "the program under test is the managed one, which cannot be copied alone");
        string hidden = Path.Combine(_program.Folder, "hidden");
        Directory.CreateDirectory(hidden, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Copy(ForkFollowProgram.Path_, Path.Combine(hidden, "forkfollow"));
        File.SetUnixFileMode(_program.Folder, (UnixFileMode)0x1FF);
        Ended ended = await ForkFollowProgram.RunAnyAsync(
            "setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", "./forkfollow", "-q", "-o", Path.Combine(_program.Folder, "of-nobody"), "--", "/bin/sh", "-c", "exit 5"],
            hidden);
        Assert.Equal(new Ended(5, "", ""), ended);
    }

    [SkippableFact]
    public async Task An_ordinary_user_follows_his_own_and_is_refused_others()
    {
        Machine.Need(Machine.Root("to become an ordinary user"), Machine.Tool("setpriv"));
        const string User = "setpriv --reuid=65534 --regid=65534 --clear-groups";
        string home = Path.Combine(_program.Folder, "home");
        Directory.CreateDirectory(home);
        File.SetUnixFileMode(_program.Folder, (UnixFileMode)0x1FF);
        File.SetUnixFileMode(home, (UnixFileMode)0x1FF);

        Ended launched = await ForkFollowProgram.RunAnyAsync(
            "/bin/sh", ["-c", $"cd {home}; exec {User} {ForkFollowProgram.Path_} -q -o a -- /bin/sh -c '/bin/true | cat; exit 5'"]);
        Assert.Equal(new Ended(5, "", ""), launched);
        RunFile run = RunFile.Read(Path.Combine(home, "a", "tree.json"));
        Assert.Equal(3, run.Processes.Count);
        Assert.All(run.Processes, process => Assert.True(process.GetProperty("counters").GetProperty("task-clock").GetInt64() > 0));

        Ended attached = await ForkFollowProgram.RunAnyAsync(
            "/bin/sh",
            ["-c", $"cd {home}; exec {User} /bin/sh -c 'sleep 60 & {ForkFollowProgram.Path_} -q -d 0.2 -o b -p $!; s=$?; kill -0 $! && kill $!; exit $s'"]);
        Assert.Equal(new Ended(0, "", ""), attached);
        Assert.Equal("sleep", RunFile.Read(Path.Combine(home, "b", "tree.json")).Processes.Single().GetProperty("comm").GetString());

        Ended refused = await ForkFollowProgram.RunAnyAsync(
            "/bin/sh", ["-c", $"cd {home}; exec {User} {ForkFollowProgram.Path_} -p {Environment.ProcessId}"]);
        Assert.Equal(2, refused.Status);
        Assert.Contains("belongs to uid 0 and we run as uid 65534", refused.Errors, StringComparison.Ordinal);
    }
}
