using System.Text;
using ForkFollow.Collectors.Capture;
using ForkFollow.Collectors.Perf;
using ForkFollow.Results;
using ForkFollow.Results.Protocol;
using ForkFollow.Symbols;
using Google.Protobuf;

namespace ForkFollow.Collectors.Tests;

/// <summary>The parts that make a recording of records, without a kernel.</summary>
public sealed class RecordingTests
{
    [Fact]
    public void A_mapping_replaces_what_it_covers_and_cuts_what_it_overlaps()
    {
        var map = new CodeMap();
        map.Add(new(0x1000, 0x5000, 0, 1));
        map.Add(new(0x2000, 0x3000, 0x100, 2));
        map.Add(new(0x4800, 0x6000, 0, 3));

        Assert.Equal((1, 0UL), Find(map, 0x1fff));
        Assert.Equal((2, 0x100UL), Find(map, 0x2000));
        Assert.Equal((1, 0x2000UL), Find(map, 0x3000));
        Assert.Equal((1, 0x2000UL), Find(map, 0x47ff));
        Assert.Equal((3, 0UL), Find(map, 0x4800));
        Assert.Null(Find(map, 0x6000));
        Assert.Null(Find(map, 0xfff));
    }

    [Fact]
    public void A_code_map_agrees_with_an_array_of_addresses_whatever_is_mapped()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            var map = new CodeMap();
            var expected = new int?[64];
            var maps = new List<(CodeMap Map, int?[] Expected)>();
            for (int i = 0; i < 30; i++)
            {
                int start = random.Next(63);
                int end = random.Next(start + 1, 65);
                map.Add(new((ulong)start, (ulong)end, 0, i));
                Array.Fill(expected, i, start, end - start);

                // A fork keeps what it has, whatever its parent maps later, and the other way round.
                if (random.Next(5) == 0)
                {
                    maps.Add((map, [.. expected]));
                    map = map.Fork();
                }
            }

            maps.Add((map, expected));
            foreach ((CodeMap one, int?[] modules) in maps)
            {
                for (int address = 0; address < 64; address++)
                    Assert.Equal(modules[address], Find(one, (ulong)address)?.Module);
            }
        }
    }

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3\n", new[] { 0, 1, 2, 3 })]
    [InlineData("0-1,4,6-7", new[] { 0, 1, 4, 6, 7 })]
    public void Lists_of_cpus_are_read(string list, int[] cpus) => Assert.Equal(cpus, OnlineCpus.Parse(list));

    [Fact]
    public void Executable_lines_of_a_maps_file_are_read_and_rubbish_is_passed_over()
    {
        const string Maps = """
            00400000-00401000 r--p 00000000 fe:00 1                          /bin/cat
            00401000-00402000 r-xp 00001000 fe:00 1                          /bin/a file with  spaces
            7ff000-800000 rwxp 00000000 00:00 0
            7ffd0000-7ffd2000 r-xp 00000000 00:00 0                          [vdso]
            nonsense
            zz-yy r-xp 0 0 0 /x
            5000-4000 r-xp 00000000 fe:00 1 /backwards
            8000-9000 r-xp 00000000 fe:00 1                          /with\012line (deleted)
            """;

        Assert.Equal(
            [
                new(0x401000, 0x402000, 0x1000, new(0xfe, 0, 1, 0), "/bin/a file with  spaces"),
                new(0x7ff000, 0x800000, 0, default, ""),
                new(0x7ffd0000, 0x7ffd2000, 0, default, "[vdso]"),
                new(0x8000, 0x9000, 0, new(0xfe, 0, 1, 0), "/with\nline (deleted)"),
            ],
            ProcMapping.Parse(Encoding.UTF8.GetBytes(Maps)));
    }

    [Theory]
    [InlineData("/usr/bin/cat", true)]
    [InlineData("[vdso]", true)]
    [InlineData("[heap]", false)]
    [InlineData("[anon:v8]", false)]
    [InlineData("//anon", false)]
    [InlineData("", false)]
    [InlineData("/memfd:doublemapper (deleted)", false)]
    [InlineData("/dev/zero (deleted)", false)]
    public void Files_are_told_from_memory_of_compilers(string path, bool file) =>
        Assert.Equal(file, new MappedFile(path, default).HasCode);

    [Fact]
    public void A_recording_that_was_cut_off_anywhere_gives_the_chunks_before()
    {
        using var whole = new MemoryStream();
        long one = WriteSmallRecording(whole);
        for (int length = (int)one; length <= whole.Length; length++)
        {
            Profile profile = Read(whole.ToArray()[..length]);
            bool complete = length == whole.Length;
            Assert.Equal(complete ? 3 : 2, profile.Samples.Count);
            Assert.Equal(complete ? "y" : "x", profile.Threads[0].Name);
            Assert.Equal(complete ? "f" : "x+0x10", profile.Frames[0].Function);
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
            Modules = { new Module { Path = "/bin/x", BuildId = "ab" } },
            Frames = new() { Module = { 0 }, Address = { 0x10 } },
            Nodes = new() { Parent = { 0 }, Frame = { 0 } },
            Threads = { new ForkFollow.Results.Protocol.Thread { Process = 1, Tid = 7, Name = "x" } },
            Samples = new() { Time = { 5, 10 }, Thread = { 0, 0 }, Stack = { 1, 1 } },
            Waits = new() { Thread = { 0 }, Stack = { 1 }, Count = { 1 }, WaitNs = { 100 }, RunQueueNs = { 10 } },
        };
        first.WriteDelimitedTo(whole);
        long one = whole.Length;
        var second = new Chunk
        {
            ThreadNames = { new ThreadName { Thread = 0, Name = "y" } },
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

    [Fact]
    public void System_calls_have_the_names_of_the_kernels_headers()
    {
        const string Header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";
        if (!File.Exists(Header))
            return;
        foreach (string line in File.ReadLines(Header).Where(line => line.StartsWith("#define __NR_", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ');
            Assert.Equal(words[1]["__NR_".Length..], SyscallNames.Of(int.Parse(words[2])));
        }

        Assert.Equal("syscall_99999", SyscallNames.Of(99999));
    }

    private static (int Module, ulong Offset)? Find(CodeMap map, ulong address) =>
        map.TryFind(address, out CodeMapping found) ? (found.Module, found.FileOffset) : null;

    private static Profile Read(byte[] content)
    {
        string directory = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(directory, RecordingReader.Name), content);
            return RecordingReader.Read(directory);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
