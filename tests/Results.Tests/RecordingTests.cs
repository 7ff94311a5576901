using ForkFollow.Results.Protocol;
using Google.Protobuf;

namespace ForkFollow.Results.Tests;

/// <summary>A recording read back: whole, cut off, and changed.</summary>
public sealed class RecordingTests
{
    [Fact]
    public void A_recording_that_was_cut_off_anywhere_gives_the_chunks_before()
    {
        using var whole = new MemoryStream();
        long one = WriteSmallRecording(whole);
        for (int length = (int)one; length <= whole.Length; length++)
        {
            Profile profile = Read(whole.ToArray()[..length], out List<string> said);
            bool complete = length == whole.Length;
            Assert.Equal(complete || length == one ? 0 : 1, said.Count);
            Assert.Equal(complete ? 3 : 2, profile.Samples.Count);
            Assert.Equal(complete ? "y" : "x", profile.Threads[0].Name);
            Assert.Equal(complete ? "f" : "x+0x10", profile.Frames[0].Function);
            Assert.Equal(complete ? "ab" : "", Assert.Single(profile.Modules).BuildId);
            Assert.Equal(complete, profile.HasSymbols);
            Assert.Equal(complete ? new(0, 1, 3, 300, 30) : new WaitPlace(0, 1, 1, 100, 10), Assert.Single(profile.Waits));
        }

        Assert.Equal([5, 15, 20], Read(whole.ToArray()).Samples.Select(sample => sample.TimeNs));
    }

    private static byte[] SmallRecording()
    {
        using var whole = new MemoryStream();
        WriteSmallRecording(whole);
        return whole.ToArray();
    }

    /// <summary>Writes two chunks; gives the length of the first.</summary>
    private static long WriteSmallRecording(MemoryStream whole)
    {
        var first = new Chunk
        {
            Header = new() { Version = 1, CpuEvent = "cpu-clock", Frequency = 100 },
            Modules = { new Module { Path = "/bin/x" } },
            Frames = new() { Module = { 0 }, Address = { 0x10 } },
            Nodes = new() { Parent = { 0 }, Frame = { 0 } },
            Threads = { new Protocol.Thread { Process = 1, Tid = 7, Name = "x" } },
            Samples = new() { Time = { 5, 10 }, Thread = { 0, 0 }, Stack = { 1, 1 } },
            Waits = new() { Thread = { 0 }, Stack = { 1 }, Count = { 1 }, WaitNs = { 100 }, RunQueueNs = { 10 } },
        };
        first.WriteDelimitedTo(whole);
        long one = whole.Length;
        var second = new Chunk
        {
            ThreadNames = { new ThreadName { Thread = 0, Name = "y" } },
            BuildIds = { new LateBuildId { Module = 0, BuildId = "ab" }, new LateBuildId { Module = 1, BuildId = "of none" } },
            Samples = new() { Time = { 20 }, Thread = { 0 }, Stack = { 1 } },
            Waits = new() { Thread = { 0 }, Stack = { 1 }, Count = { 2 }, WaitNs = { 200 }, RunQueueNs = { 20 } },
            Symbols = { new Symbol { Frame = 0, Function = "f" } },
            HasSymbols = true,
        };
        second.WriteDelimitedTo(whole);
        return one;
    }

    [Fact]
    public void What_is_no_recording_is_told_with_its_file()
    {
        InvalidDataException fault = Assert.Throws<InvalidDataException>(() => Read("rubbish of somebody"u8.ToArray()));
        Assert.Contains(RecordingReader.Name, fault.Message, StringComparison.Ordinal);
        using var newer = new MemoryStream();
        new Chunk { Header = new() { Version = 2 } }.WriteDelimitedTo(newer);
        Assert.Throws<InvalidDataException>(() => Read(newer.ToArray()));
    }

    /// <summary>A full disk, or a copy onto one, leaves a file that is empty or short: that is said, and not that it is of another version.</summary>
    [Fact]
    public void A_file_that_is_empty_or_cut_in_its_first_chunk_is_told_as_such()
    {
        byte[] whole = SmallRecording();
        Assert.Contains("profile.data is empty: the disk was full", FaultOf([]), StringComparison.Ordinal);
        Assert.Contains("profile.data is cut off after 1 bytes, in the middle of its first record: the disk was full", FaultOf(whole[..1]), StringComparison.Ordinal);
        Assert.Contains("is cut off after 9 bytes", FaultOf(whole[..9]), StringComparison.Ordinal);
        Assert.Contains("make room and record again", FaultOf(whole[..9]), StringComparison.Ordinal);
        Assert.Contains("is no recording, or damaged", FaultOf([5, 1, 2, 3, 4, 5, 6, 7]), StringComparison.Ordinal);
        Assert.Contains("is no recording, or damaged", FaultOf("rubbish of somebody"u8.ToArray()), StringComparison.Ordinal);
        using var newer = new MemoryStream();
        new Chunk { Header = new() { Version = 2 } }.WriteDelimitedTo(newer);
        Assert.Contains("is a recording of version 2, and this ForkFollow reads version 1", FaultOf(newer.ToArray()), StringComparison.Ordinal);
    }

    private static string FaultOf(byte[] content) => Assert.Throws<InvalidDataException>(() => Read(content)).Message;

    [Fact]
    public void Bytes_that_were_changed_give_a_profile_or_a_refusal()
    {
        byte[] whole = SmallRecording();
        var random = new Random(2);
        for (int i = 0; i < 3000; i++)
        {
            byte[] changed = [.. whole];
            for (int k = random.Next(1, 4); k > 0; k--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                Profile profile = Read(changed);
                Assert.All(profile.Samples, sample => Assert.NotNull(profile.Threads[sample.Thread]));
                Assert.All(profile.Samples, sample => Assert.All(profile.Stacks.FramesOf(sample.Stack), frame => _ = profile.Frames[frame]));
            }
            catch (InvalidDataException)
            {
                // Told.
            }
        }
    }

    /// <summary>At the first chunk, and at a later one.</summary>
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_disk_that_is_full_costs_the_chunks_from_then_on_and_is_said_once(int whole)
    {
        string folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        try
        {
            using var disk = new SmallDisk(Path.Combine(folder, "small"), "size=16k");
            using ResultDirectory directory = ResultDirectory.Open(Path.Combine(folder, "small"));
            List<string> said = [];
            using var writer = new RecordingWriter(directory, said.Add);
            if (whole == 1)
                writer.Write(new() { Header = new() { Version = 1, CpuEvent = "cpu-clock", Frequency = 100 }, Threads = { new Protocol.Thread { Process = 1, Tid = 7, Name = "x" } } });
            for (int i = 0; i < 3; i++)
                writer.Write(new() { Header = new() { Version = 1 }, Modules = { new Module { Path = new string('x', 20_000) } } });
            writer.End();
            Assert.Matches("profile.data: No space left on device; samples from now on are lost", Assert.Single(said));
            Assert.Equal(whole, Directory.GetFileSystemEntries(directory.Path).Length);
            Profile profile = RecordingReader.Read(directory, Assert.Fail);
            Assert.Equal(whole, profile.Threads.Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Profile Read(byte[] content) => Read(content, out _);

    private static Profile Read(byte[] content, out List<string> said)
    {
        said = [];
        List<string> lines = said;
        string directory = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(directory, RecordingReader.Name), content);
            using ResultDirectory results = ResultDirectory.Open(directory);
            return RecordingReader.Read(results, lines.Add);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
