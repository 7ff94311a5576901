using System.Text;
using Tmds.Linux;

namespace ForkFollow.Native.Tests;

public sealed class ProcFileTests
{
    [Theory]
    [InlineData("1 (a) S 4 5 6", 4)]
    [InlineData("1 (a b) S 4 5 6", 4)]
    [InlineData("1 (a) S 9) R 4 5 6", 4)]
    [InlineData("1 ())) S 4 5 6", 4)]
    public void A_command_name_with_spaces_and_parentheses_is_skipped(string stat, long parent)
    {
        Span<long> fields = stackalloc long[3];
        Assert.True(ProcFile.ParseStat(Encoding.ASCII.GetBytes(stat), fields));
        Assert.Equal(parent, fields[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1 (a")]
    [InlineData("1 (a)")]
    [InlineData("1 (a) S")]
    [InlineData("1 (a) S 4")]
    public void What_is_cut_off_is_refused(string stat)
    {
        Span<long> fields = stackalloc long[3];
        Assert.False(ProcFile.ParseStat(Encoding.ASCII.GetBytes(stat), fields));
    }

    [Theory]
    [InlineData("7 (cat) S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 12 0 999 1 2", 'S', 12)]
    [InlineData("7 (a) b) (c) T 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 999 1 2", 'T', 1)]
    [InlineData("7 (D 1 2 3) R 1 7 7 0 -1 18446744073709551615 1 2 3 4 5 6 7 8 20 0 345 0", 'R', 345)]
    public void The_state_and_a_field_are_found_behind_any_name(string stat, char state, int threads)
    {
        Span<long> fields = stackalloc long[17];
        Assert.True(ProcFile.ParseStat(Encoding.ASCII.GetBytes(stat), out char letter, fields));
        Assert.Equal((state, threads), (letter, fields[20 - 4]));
    }

    [Fact]
    public void A_file_is_read_whole_whatever_the_buffer()
    {
        using var growing = new ProcBuffer();
        Assert.Equal(ProcOutcome.Read, ProcFile.Read(Environment.ProcessId, "maps"u8, growing, out ReadOnlySpan<byte> all));
        Assert.True(all.IndexOf("[stack]"u8) > 0);
        Span<byte> small = stackalloc byte[10];
        Assert.Equal(ProcOutcome.Read, ProcFile.Read(Environment.ProcessId, "maps"u8, small, out ReadOnlySpan<byte> cut));
        Assert.Equal(10, cut.Length);
    }

    [Fact]
    public void A_link_tells_its_target()
    {
        Span<byte> buffer = stackalloc byte[4096];
        Assert.Equal(ProcOutcome.Read, ProcFile.ReadLink(Environment.ProcessId, "exe"u8, buffer, out ReadOnlySpan<byte> target));
        Assert.Equal(Environment.ProcessPath, Encoding.UTF8.GetString(target));
    }

    [Fact]
    public void Who_is_gone_is_told_from_what_has_no_text()
    {
        Span<byte> buffer = stackalloc byte[64];
        Assert.Equal(ProcOutcome.Gone, ProcFile.Read(int.MaxValue, "stat"u8, buffer, out ReadOnlySpan<byte> none));
        Assert.True(none.IsEmpty);

        // A kernel thread has no command line: nothing is wrong with that.
        Assert.Equal(ProcOutcome.Gone, ProcFile.ReadLink(int.MaxValue, "exe"u8, buffer, out _));
    }

    /// <summary>The same errno for a process that is there and one that is not: it is we who have nothing left.</summary>
    [Theory]
    [InlineData(Linux.EMFILE, ProcOutcome.Exhausted)]
    [InlineData(Linux.ENFILE, ProcOutcome.Exhausted)]
    [InlineData(Linux.ENOMEM, ProcOutcome.Exhausted)]
    [InlineData(Linux.EACCES, ProcOutcome.Refused)]
    [InlineData(Linux.EPERM, ProcOutcome.Refused)]
    [InlineData(Linux.ESRCH, ProcOutcome.Gone)]
    [InlineData(Linux.ENOENT, ProcOutcome.Gone)]
    [InlineData(Linux.EINVAL, ProcOutcome.Failed)]
    public void Reasons_are_told_apart(int errno, ProcOutcome outcome) => Assert.Equal(outcome, ProcFile.OutcomeOf(errno));

    [Fact]
    public unsafe void Paths_as_strings_reach_the_kernel_whole()
    {
        string folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        try
        {
            string path = Path.Combine(folder, new string('ä', 120));
            Assert.Equal(-1, Linux.open(path, LibC.O_RDONLY));
            Assert.Equal(Linux.ENOENT, Linux.Errno);
            File.WriteAllText(path, "x");
            int fd = Linux.open(path, LibC.O_RDONLY);
            Assert.True(fd >= 0);
            Assert.Equal(0, LibC.close(fd));
            statx_t stat;
            Assert.Equal(0, Linux.statx(LibC.AT_FDCWD, path, 0, Linux.STATX_BASIC_STATS, &stat));
            Assert.Equal(1UL, stat.stx_size);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
