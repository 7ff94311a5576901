using System.Text;

namespace ForkFollow.Results.Tests;

/// <summary>The one way to the files of a result directory: what others have put there, disks that are full, and directories that go away.</summary>
public sealed class ResultDirectoryTests : IDisposable
{
    private const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Out => Path.Combine(_folder, "out");

    [Fact]
    public void A_new_one_and_its_files_are_for_their_owner_only()
    {
        using (ResultDirectory directory = Create("out"))
        {
            directory.Write("tree.json", Write("x"));
            directory.Keep();
        }

        string path = Path.Combine(_folder, "out");
        Assert.Equal(OwnerReadsAndWrites | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.Equal(OwnerReadsAndWrites, File.GetUnixFileMode(Path.Combine(path, "tree.json")));
        Assert.Equal(["tree.json"], NamesIn(path));
    }

    [Fact]
    public void Directories_on_the_way_are_not_made()
    {
        Assert.Contains($"there is no directory {Path.Combine(_folder, "a/b")}; make it", Refused(() => Create("a/b/out")), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void One_that_exists_is_not_touched()
    {
        Fill(Out, "tree.json");
        Assert.Contains("exists already", Refused(() => Create("out")), StringComparison.Ordinal);
        Assert.Equal(["tree.json"], NamesIn(Out));
    }

    [Fact]
    public void One_that_is_replaced_is_empty_at_once_and_its_results_are_gone_when_the_run_has_begun()
    {
        Fill(Out, "tree.json", "profile.data", "report.html", "tree.json.0123abcd.new", "dotnet/12.nettrace", "dotnet/12.3.4.nettrace.0123abcd.new");
        using (ResultDirectory directory = Create("out", replace: true))
        {
            Assert.Empty(NamesIn(Out));
            directory.Write("tree.json", Write("new"));
            Assert.Equal(2, NamesIn(_folder).Length);
            Assert.Null(directory.Keep());
            Assert.Equal(["out"], NamesIn(_folder));
        }

        Assert.Equal("new", File.ReadAllText(Path.Combine(Out, "tree.json")));
        Assert.Equal(["tree.json"], NamesIn(Out));
    }

    [Fact]
    public void One_whose_run_has_not_begun_is_as_it_was()
    {
        Fill(Out, "tree.json", "dotnet/12.nettrace");
        using (ResultDirectory directory = Create("out", replace: true))
            directory.Write("profile.data", Write("new"));
        Assert.Equal(["out"], NamesIn(_folder));
        Assert.Equal(["dotnet", "tree.json"], NamesIn(Out));
        Assert.Equal(["12.nettrace"], NamesIn(Path.Combine(Out, "dotnet")));
        using (ResultDirectory directory = Create("other"))
            directory.Write("profile.data", Write("new"));
        Assert.Equal(["out"], NamesIn(_folder));
    }

    [Theory]
    [InlineData("notes.txt")]
    [InlineData(".probe")]
    [InlineData("tree.json.new")]
    [InlineData("report.html.old")]
    [InlineData("dotnet/mine.txt")]
    [InlineData("dotnet/deep/12.nettrace")]
    [InlineData("src/tree.json")]
    public void What_is_not_ours_stops_it_and_nothing_is_deleted(string foreign)
    {
        Fill(Out, "tree.json", "dotnet/12.nettrace", foreign);
        string refusal = Refused(() => Create("out", replace: true));
        Assert.Contains(foreign.StartsWith("dotnet/deep", StringComparison.Ordinal) ? "dotnet/deep" : foreign.Split('/')[0], refusal, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Out, foreign)));
        Assert.True(File.Exists(Path.Combine(Out, "tree.json")));
        Assert.True(File.Exists(Path.Combine(Out, "dotnet/12.nettrace")));
        Assert.Equal(["out"], NamesIn(_folder));
    }

    [Fact]
    public void What_was_put_there_meanwhile_is_not_deleted()
    {
        Fill(Out, "tree.json");
        using ResultDirectory directory = Create("out", replace: true);
        string old = Assert.Single(NamesIn(_folder), name => name != "out");
        Fill(Path.Combine(_folder, old), "notes.txt");
        Assert.Equal(Path.Combine(_folder, old), directory.Keep());
        Assert.Equal(["notes.txt"], NamesIn(Path.Combine(_folder, old)));
    }

    [Fact]
    public void One_that_is_empty_is_taken_as_it_is_and_left()
    {
        Directory.CreateDirectory(Out);
        ulong before = Inode(Out);
        using (ResultDirectory directory = Create("out", replace: true))
            Assert.Equal(before, Inode(Out));
        Assert.Empty(NamesIn(Out));
    }

    [Fact]
    public void Where_others_may_write_or_a_link_leads_is_refused()
    {
        Directory.CreateDirectory(Out);
        File.SetUnixFileMode(Out, (UnixFileMode)0x1F8);
        Assert.Contains("others", Refused(() => Create("out", replace: true)), StringComparison.Ordinal);
        File.SetUnixFileMode(Out, (UnixFileMode)0x1C0);
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), Out);
        Assert.Contains("symbolic link", Refused(() => Create("link", replace: true)), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        Assert.Contains("is a file", Refused(() => Create("file", replace: true)), StringComparison.Ordinal);
        Assert.Contains("cannot write results", Refused(() => Create("file/out")), StringComparison.Ordinal);
        Assert.Contains("root directory", Refused(() => Create("/")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void One_of_another_user_is_refused()
    {
        Machine.Need(Machine.Root("to give a directory away"));
        Directory.CreateDirectory(Out);
        Tools.Run("chown", "65534", Out);
        Assert.Contains("belongs to user 65534", Refused(() => Create("out", replace: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_that_somebody_laid_are_replaced_and_not_followed()
    {
        string victim = Path.Combine(_folder, "victim");
        File.WriteAllText(victim, "precious");
        using ResultDirectory directory = Create("out");
        foreach (string name in (string[])["tree.json", "profile.data"])
            File.CreateSymbolicLink(Path.Combine(Out, name), victim);
        Assert.Throws<IOException>(() => directory.Read("tree.json"));
        directory.Write("tree.json", Write("x"));
        using (GrowingFile data = directory.Grow("profile.data"))
            data.Write("y"u8);
        Assert.Equal("precious", File.ReadAllText(victim));
        Assert.Equal("xy", File.ReadAllText(Path.Combine(Out, "tree.json")) + File.ReadAllText(Path.Combine(Out, "profile.data")));
        File.CreateSymbolicLink(Path.Combine(Out, "dotnet"), _folder);
        Assert.Throws<IOException>(() => directory.OpenFolder("dotnet"));
    }

    [SkippableFact]
    public void Only_regular_files_are_read()
    {
        using ResultDirectory directory = Create("out");
        Tools.Run("mkfifo", Path.Combine(Out, "tree.json"));
        Directory.CreateDirectory(Path.Combine(Out, "profile.data"));
        Assert.Null(directory.Read("report.html"));
        foreach (string name in (string[])["tree.json", "profile.data"])
            Assert.Contains(name, Assert.Throws<IOException>(() => directory.Read(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_finished_leaves_the_one_before_and_nothing_else()
    {
        using ResultDirectory directory = Create("out");
        directory.Write("tree.json", Write("before"));
        Assert.Throws<IOException>(() => directory.Write("tree.json", output =>
        {
            output.WriteByte(1);
            throw new IOException("full");
        }));
        Assert.Equal(["tree.json"], NamesIn(Out));
        Assert.Equal("before", File.ReadAllText(Path.Combine(Out, "tree.json")));
    }

    [Fact]
    public void Where_it_was_moved_to_its_files_go_along()
    {
        string moved = Path.Combine(_folder, "moved");
        using ResultDirectory directory = Create("out");
        Assert.Null(directory.Absence);
        Directory.Move(Out, moved);
        Fill(Out, "tree.json");
        directory.Write("tree.json", Write("x"));
        Assert.Equal("x", File.ReadAllText(Path.Combine(moved, "tree.json")));
        Assert.Equal("tree.json", File.ReadAllText(Path.Combine(Out, "tree.json")));
        Assert.Contains($"was moved while the run went on: its results are in {moved}", directory.Absence, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_gone_is_told_as_such()
    {
        using ResultDirectory directory = Create("out");
        using GrowingFile data = directory.Grow("profile.data");
        data.Write("x"u8);
        Assert.False(data.IsGone);
        Directory.Delete(Out, recursive: true);
        Assert.True(data.IsGone);
        Assert.Contains("was removed", directory.Absence, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => directory.Write("tree.json", Write("x")));
        Assert.Null(directory.Read("tree.json"));
    }

    [SkippableFact]
    public void A_growing_file_is_there_with_its_first_whole_piece_and_holds_whole_pieces()
    {
        using var disk = new SmallDisk(Path.Combine(_folder, "small"), "size=16k");
        using ResultDirectory directory = Create("small/out");
        string path = Path.Combine(_folder, "small/out");
        using GrowingFile data = directory.Grow("profile.data");
        Assert.Throws<IOException>(() => data.Write(new byte[20_000]));
        Assert.Empty(NamesIn(path));
        data.Write(new byte[3_000]);
        Assert.Equal(["profile.data"], NamesIn(path));
        Assert.Contains("No space left", Assert.Throws<IOException>(() => data.Write(new byte[20_000])).Message, StringComparison.Ordinal);
        Assert.Equal(3_000, new FileInfo(Path.Combine(path, "profile.data")).Length);
        data.Write(new byte[3_000]);
        Assert.Equal(6_000, new FileInfo(Path.Combine(path, "profile.data")).Length);
        Assert.Throws<IOException>(() => directory.Write("report.html", output => output.Write(new byte[20_000])));
        Assert.Equal(["profile.data"], NamesIn(path));
    }

    [SkippableFact]
    public void A_disk_that_is_full_already_is_told_before_the_run()
    {
        using var disk = new SmallDisk(Path.Combine(_folder, "small"), "size=16k");
        File.WriteAllBytes(Path.Combine(_folder, "small/filler"), new byte[16 << 10]);
        Assert.Contains("No space left", Refused(() => Create("small/out")), StringComparison.Ordinal);
        Assert.Equal(["filler"], NamesIn(Path.Combine(_folder, "small")));
    }

    private ResultDirectory Create(string name, bool replace = false) =>
        ResultDirectory.Create(Path.Combine(_folder, name), replace, RunFiles.IsOurs);

    /// <summary>Why it is refused: in one line.</summary>
    private static string Refused(Func<ResultDirectory> create)
    {
        string message = Assert.Throws<IOException>(() => create().Dispose()).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static Action<Stream> Write(string text) => output => output.Write(Encoding.UTF8.GetBytes(text));

    private static void Fill(string folder, params string[] names)
    {
        foreach (string name in names)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, name);
        }
    }

    private static string[] NamesIn(string folder) =>
        [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static ulong Inode(string path) =>
        ulong.Parse(Started.OutputAsync("stat", "-c", "%i", path).GetAwaiter().GetResult());
}
