using System.Text.Json;
using ForkFollow.Tests.Otlp;

namespace ForkFollow.Telemetry.Tests;

/// <summary>Compares received spans with tree.json of the same run.</summary>
internal static class SpanTree
{
    /// <summary>Each process has one span, whose parent is the span of who forked it; none has two.</summary>
    internal static void AssertSame(Command run, IReadOnlyList<ReceivedSpan> spans)
    {
        IReadOnlyList<JsonElement> processes = run.Processes;
        Assert.Equal(spans.Count, spans.DistinctBy(span => span.Id).Count());
        Assert.Equal(processes.Count, spans.Count);
        Dictionary<int, ReceivedSpan> byId = spans.ToDictionary(span => span.ProcessId);
        foreach (JsonElement process in processes)
        {
            ReceivedSpan span = byId[process.GetProperty("id").GetInt32()];
            AssertSame(run, process, span);
            JsonElement parent = process.GetProperty("parentId");
            Assert.Equal(parent.ValueKind == JsonValueKind.Null ? "" : byId[parent.GetInt32()].Id, span.Parent);
        }
    }

    private static void AssertSame(Command run, JsonElement process, ReceivedSpan span)
    {
        Assert.Equal(process.GetProperty("pid").ToString(), span["process.pid"]);
        Assert.Equal(process.GetProperty("origin").GetString(), span["forkfollow.process.origin"]);
        Assert.Equal(process.GetProperty("end").GetString(), span["forkfollow.process.end"]);
        AssertTime(run.TimeOf(process.GetProperty("startNs").GetInt64()), span.Start);
        AssertTime(run.TimeOf(process.GetProperty("endNs").GetInt64()), span.End);
        AssertExecs(run, process, span);
        JsonElement exit = process.GetProperty("exit");
        if (exit.ValueKind == JsonValueKind.Null)
            return;
        if (exit.TryGetProperty("code", out JsonElement code))
        {
            Assert.Equal(code.ToString(), span["process.exit.code"]);
            Assert.Equal(code.GetInt32() == 0 ? "UNSET" : "ERROR", span.Status);
            return;
        }

        Assert.Null(span["process.exit.code"]);
        Assert.Equal(exit.GetProperty("name").GetString(), span["forkfollow.process.exit.signal"]);
        Assert.Equal("ERROR", span.Status);
        Assert.Contains(exit.GetProperty("name").GetString()!, span.StatusText, StringComparison.Ordinal);
    }

    private static void AssertExecs(Command run, JsonElement process, ReceivedSpan span)
    {
        List<JsonElement> execs = [.. process.GetProperty("execs").EnumerateArray()];
        Assert.Equal(execs.Count, span.Events.Count);
        for (int i = 0; i < execs.Count; i++)
        {
            JsonElement told = span.Events[i];
            Assert.Equal("process.exec", told.GetProperty("name").GetString());
            Assert.Equal(execs[i].GetProperty("path").GetString(), Received.Attribute(told, "process.executable.path"));
            Assert.Equal(execs[i].GetProperty("name").GetString(), Received.Attribute(told, "process.executable.name"));
            AssertTime(run.TimeOf(execs[i].GetProperty("atNs").GetInt64()), long.Parse(told.GetProperty("timeUnixNano").GetString()!, null));
        }

        // Telemetry has the names of tree.json; a fork that never called exec is of its parent's executable.
        string name = process.GetProperty("name").GetString()!;
        Assert.Equal(execs.Count > 0 ? name : name.Trim('(', ')'), span.Name);
        Assert.Equal(span.Name, span["process.executable.name"]);
        Assert.Equal(process.GetProperty("executable").GetString(), span["process.executable.path"]);
    }

    /// <summary>An activity's times are in ticks of 100 ns.</summary>
    private static void AssertTime(long expected, long actual) => Assert.InRange(actual, expected - 200, expected + 200);
}
