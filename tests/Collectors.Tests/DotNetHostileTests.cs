using System.Text.Json;
using ForkFollow.Collectors.DotNet;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Tests;

/// <summary>Streams of event pipes that were damaged, cut off, or made up: the target writes them.</summary>
public sealed class DotNetHostileTests(DotNetHostileTests.Recording recording) : IClassFixture<DotNetHostileTests.Recording>
{
    private const int Copies = 2000;
    private const long MostBytes = 64 << 20;

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(5);

    /// <summary>One recorded stream for all tests.</summary>
    public sealed class Recording
    {
        internal byte[] Bytes { get; } = BusyPrograms.Run(kill: false, "gc:2", "throw:6", "contend:1", "sleep:1200").Bytes;
    }

    [Fact]
    public void DamagedStreamsAreReadAsFarAsTheyGo()
    {
        int whole = 0;
        for (int seed = 0; seed < Copies; seed++)
        {
            (RuntimeReader reader, long allocated) = Read(new MemoryStream(Damage(recording.Bytes, seed)));
            Assert.True(allocated < MostBytes, $"seed {seed}: {allocated} bytes");
            whole += reader.Summary.Complete ? 1 : 0;
        }

        Assert.InRange(whole, 1, Copies - 1);
    }

    [Fact]
    public void CutStreamsGiveWhatCame()
    {
        long before = 0;
        for (int i = 0; i <= 100; i++)
        {
            int length = (int)((long)recording.Bytes.Length * i / 100);
            RuntimeReader reader = Read(new MemoryStream(recording.Bytes, 0, length)).Reader;
            Assert.Equal((length, i == 100), (reader.Bytes, reader.Summary.Complete));
            long now = reader.Summary.Gc.Gen0 + reader.Summary.Exceptions + reader.BuildMethods().Count;
            Assert.True(now >= before, $"at {i} % there is less than before");
            before = now;
        }
    }

    [Fact]
    public void BytesThatComeOneByOneGiveTheSame() => Assert.Equal(
        JsonSerializer.Serialize(Read(new MemoryStream(recording.Bytes)).Reader.Summary),
        JsonSerializer.Serialize(Read(new Dripping(recording.Bytes)).Reader.Summary));

    [Fact]
    public void NumbersAtTheirLimitsAreNoHarm()
    {
        // Each aligned word of the first 4 kB, in turn: sizes, numbers of definitions, frequencies, lengths.
        for (int at = 0; at < 4096; at += 4)
        {
            foreach (uint value in (uint[])[0, 0x7fffffff, 0x80000000, 0xffffffff])
            {
                byte[] bytes = recording.Bytes[..Math.Min(recording.Bytes.Length, 100_000)];
                BitConverter.TryWriteBytes(bytes.AsSpan(at), value);
                Assert.True(Read(new MemoryStream(bytes)).Allocated < MostBytes, $"{value:x} at {at}");
            }
        }
    }

    [Fact]
    public void CopyThatCannotBeWrittenIsTold()
    {
        var reader = new RuntimeReader(0);
        reader.Read(new MemoryStream(recording.Bytes), new FullDisk());
        Assert.Equal("no space left", reader.CopyFault);
        Assert.True(reader.Summary.Complete);
        Assert.Equal(6, reader.Summary.Exceptions);
    }

    [Fact]
    public void MethodsOfAHostileTargetAreLimited()
    {
        var map = new MethodMapBuilder();
        for (ulong i = 1; i < 310_000; i++)
            map.Add(i * 16, 16, MethodTier.Optimized, "Type", "Method", "()");
        map.Add(16, uint.MaxValue, MethodTier.Optimized, "a", "b", "()");
        map.Add(ulong.MaxValue, 16, MethodTier.Optimized, "a", "b", "()");
        Assert.True(map.IsCut);
        MethodMap methods = map.Build();
        Assert.Equal(300_000, methods.Count);
        Assert.Equal("Type.Method()", methods.Find(31)!.Value.Name);
        Assert.Null(methods.Find(ulong.MaxValue));
        var names = new MethodMapBuilder();
        for (ulong i = 1; i < 100_000; i++)
            names.Add(i, 1, MethodTier.Optimized, new string('x', 2000), $"{i}", "");
        Assert.True(names.IsCut);
    }

    /// <summary>Reads on a thread of its own, as in the product. Returns what it allocated, too.</summary>
    private static (RuntimeReader Reader, long Allocated) Read(Stream stream)
    {
        var reader = new RuntimeReader(0);
        long allocated = 0;
        Exception? fault = null;
        var thread = new Thread(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                reader.Read(stream, null);
                _ = reader.Summary;
                _ = reader.BuildMethods();
            }
            catch (Exception e)
            {
                fault = e;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        thread.Start();
        Assert.True(thread.Join(_deadline), "it hangs");
        Assert.Null(fault);
        return (reader, allocated);
    }

    /// <summary>Flips bits, overwrites words, moves or removes pieces; the more often the higher the seed.</summary>
    private static byte[] Damage(byte[] whole, int seed)
    {
        var random = new Random(seed);
        List<byte> bytes = [.. whole];
        for (int i = 1 + (seed / 100); i > 0; i--)
        {
            int at = random.Next(seed % 3 == 0 ? Math.Min(4000, bytes.Count - 8) : bytes.Count - 8);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    for (int k = 0; k < 4; k++)
                        bytes[at + k] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 100), bytes.Count - at - 8));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(0, random.Next(100)));
                    break;
            }
        }

        return [.. bytes];
    }

    private sealed class Dripping(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(1, buffer.Length)]);
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no space left");
    }
}
