using System.Diagnostics;
using System.Text;

namespace ForkFollow.Telemetry.Tests;

/// <summary>TRACEPARENT of an environment: W3C Trace Context to the letter, and nothing else, whatever is there.</summary>
public sealed class TraceContextTests
{
    private const string Good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Theory]
    [InlineData(Good)]
    [InlineData("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")]
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later-versions-may-say-more")]
    public void A_valid_one_is_taken(string text)
    {
        ActivityContext context = TraceContextReader.Find(Encoding.UTF8.GetBytes($"A=1\0TRACEPARENT={text}\0B=2\0"))!.Value;
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", context.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", context.SpanId.ToHexString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")]
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x")]
    [InlineData("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData(" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n")]
    [InlineData("00-0af7651916cd43dd8448eb211c8031é-b7ad6b7169203331-01")]
    public void Anything_else_is_none(string text) =>
        Assert.Null(TraceContextReader.Find(Encoding.UTF8.GetBytes($"TRACEPARENT={text}\0")));

    [Fact]
    public void Hostile_environments_are_survived()
    {
        var random = new Random(1);
        byte[] bytes = new byte[4096];
        for (int i = 0; i < 2000; i++)
        {
            random.NextBytes(bytes);
            "TRACEPARENT="u8.CopyTo(bytes);
            Encoding.ASCII.GetBytes(Good.AsSpan(0, random.Next(Good.Length)), bytes.AsSpan("TRACEPARENT=".Length));
            Assert.Null(TraceContextReader.Find(bytes.AsSpan(0, random.Next(bytes.Length))));
        }

        Assert.Null(TraceContextReader.Find(Encoding.ASCII.GetBytes("TRACEPARENT=" + new string('a', 100_000))));
        Assert.Null(TraceContextReader.Find(Encoding.ASCII.GetBytes($"XTRACEPARENT={Good}\0")));
        ActivityContext one = TraceContextReader.Find(
            Encoding.UTF8.GetBytes($"TRACEPARENT={Good}\0TRACESTATE={new string('x', 10_000)}\0"))!.Value;
        Assert.Null(one.TraceState);
    }

    [Fact]
    public void A_large_environment_is_read_as_far_as_the_limit_and_a_process_that_is_gone_has_none()
    {
        using Started sleeper = StartWith(100_000);
        try
        {
            var reader = new TraceContextReader();
            Assert.NotNull(reader.Read(sleeper.Id, out bool hangs));
            Assert.False(hangs);
            Assert.Null(reader.Read(int.MaxValue, out _));
        }
        finally
        {
            sleeper.Kill();
        }
    }

    private static Started StartWith(int length)
    {
        var start = new ProcessStartInfo("sleep", ["100"]) { RedirectStandardOutput = true };
        start.Environment.Clear();
        start.Environment["LARGE"] = new string('x', length);
        start.Environment["TRACEPARENT"] = Good;
        return Started.Begin(start);
    }
}
