using ForkFollow.Collectors.Capture;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>The file of copied stacks, without a kernel.</summary>
public sealed class StackCopiesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Copies_of_stacks_are_read_as_they_were_written()
    {
        using ResultDirectory directory = ResultDirectory.Open(_folder.Path);
        using var copies = new StackCopies(directory, text => Assert.Fail(text));
        byte[] stack = new byte[8192];
        for (int i = 0; i < 200; i++)
        {
            stack[0] = (byte)i;
            Assert.True(copies.Append(new(i, i + 1, 3, -1, 5), [i, 7], [(ulong)i, 9], stack.AsSpan(0, i * 40)));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        copies.Rewind();
        int count = 0;
        while (copies.TryRead(out CopiedSample sample, out ReadOnlySpan<int> kernel, out ReadOnlySpan<ulong> registers, out ReadOnlySpan<byte> bytes))
        {
            Assert.Equal(new(count, count + 1, 3, -1, 5), sample);
            Assert.Equal([count, 7], kernel.ToArray());
            Assert.Equal([(ulong)count, 9], registers.ToArray());
            Assert.Equal(count * 40, bytes.Length);
            Assert.True(bytes.IsEmpty || bytes[0] == (byte)count);
            count++;
        }

        Assert.Equal(200, count);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_said_once()
    {
        var said = new List<string>();
        string gone = Directory.CreateDirectory(Path.Combine(_folder.Path, "gone")).FullName;
        using ResultDirectory directory = ResultDirectory.Open(gone);
        Directory.Delete(gone);
        using var copies = new StackCopies(directory, said.Add);
        int kept = 0;
        for (int i = 0; i < 200; i++)
            kept += copies.Append(new(i, 1, 0, -1, 5), [], [], new byte[8192]) ? 1 : 0;

        Assert.InRange(kept, 1, 199);
        Assert.Contains("free space", Assert.Single(said), StringComparison.Ordinal);
        copies.Rewind();
        for (int i = 0; i < kept; i++)
            Assert.True(copies.TryRead(out _, out _, out _, out _));
        Assert.False(copies.TryRead(out _, out _, out _, out _));
    }
}
