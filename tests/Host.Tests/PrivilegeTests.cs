namespace ForkFollow.Host.Tests;

/// <summary>
/// A set-uid program that runs without its privileges: told where that is our doing, and not where it would be so without us. With -q
/// only if the program fails.
/// </summary>
public sealed class PrivilegeTests : IDisposable
{
    private const string User = "setpriv --reuid=65534 --regid=65534 --clear-groups";

    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableTheory]
    [InlineData("%f -- ./true", true)]
    [InlineData("%f -q -- ./true", false)]
    [InlineData("%f -q -- ./false", true)]
    [InlineData("%f -q -- sh -c './false; exec ./true'", true)]
    [InlineData("%f -q -- sh -c 'exec sh -c \"./true; exec false\"'", false)]
    public Task It_is_our_doing(string line, bool told) => AssertAsync(line.Replace("%f", $"{User} %f", StringComparison.Ordinal), told, inLedger: true);

    [SkippableTheory]
    [InlineData("no_new_privs of us", $"{User} --no-new-privs %f -- ./false")]
    [InlineData("no_new_privs of the command", $"{User} %f -- setpriv --no-new-privs ./false")]
    [InlineData("we have CAP_SYS_PTRACE", $"%f -- {User} --no-new-privs ./false")]
    [InlineData("it keeps its privileges", $"%f -- {User} ./false")]
    public Task It_is_not_our_doing(string _, string line) => AssertAsync(line, told: false, inLedger: false);

    [SkippableFact]
    public async Task A_mount_that_allows_no_set_uid_is_not_our_doing()
    {
        Machine.Need(Machine.MountNamespace);
        Directory.CreateDirectory(Path.Combine(_program.Folder, "mounted"));
        await AssertAsync(
            $"mount -t tmpfs -o nosuid none mounted && cp -p false mounted/false && exec {User} %f -- mounted/false",
            told: false, inLedger: false, "unshare", "-m");
    }

    private async Task AssertAsync(string line, bool told, bool inLedger, params string[] before)
    {
        Machine.Need(Machine.Root("to make a set-uid program"), Machine.Tool("setpriv"));
        string folder = _program.Folder;
        File.SetUnixFileMode(folder, (UnixFileMode)0x1FF);
        foreach (string name in (string[])["true", "false"])
        {
            string copy = Path.Combine(folder, name);
            File.Copy(Machine.PathOf(name), copy);
            File.SetUnixFileMode(copy, File.GetUnixFileMode(copy) | UnixFileMode.SetUser);
        }

        line = line.Replace("%f", $"{ForkFollowProgram.Path_} -o {_program.Results}", StringComparison.Ordinal);
        string[] words = [.. before, "/bin/sh", "-c", line];
        Ended ended = await ForkFollowProgram.RunAnyAsync(words[0], words[1..], folder);
        Assert.True(told == ended.Errors.Contains("set-uid", StringComparison.Ordinal), ended.Errors);
        RunFile run = _program.ReadTree();
        Assert.Equal(inLedger, run.Ledger.Any(text => text.Contains("set-uid", StringComparison.Ordinal)));
    }
}
