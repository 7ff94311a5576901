using System.Diagnostics;
using ForkFollow.Results.Tests;

namespace ForkFollow.Telemetry.Tests;

/// <summary>Trace contexts: what a command is given, and what a process has in its environment.</summary>
[Collection("otlp")]
public sealed class LinkShapeTests
{
    private const string Trace = "11111111111111111111111111111111";
    private const string Span = "2222222222222222";

    [Fact]
    public async Task What_a_program_has_in_its_environment_is_a_link_of_its_span_and_of_those_of_its_forks()
    {
        // Their environment is read in /proc, so these are there; the tree is made.
        using Started setter = Sleeper($"00-{Trace}-{Span}-01");
        using Started bad = Sleeper($"00-{Trace}-{Span}-0Z");
        using Started none = Sleeper(null);
        using var exported = new Exported();
        var run = new MadeRun();
        MadeProcess shell = run.Begin(origin: "launched").Exec("/bin/sh");
        MadeProcess linked = run.Begin(shell, setter.Id).Exec("/bin/sleep");
        MadeProcess wrong = run.Begin(shell, bad.Id).Exec("/bin/sleep");
        RunReader reader = exported.Read(run);
        reader.Read();
        MadeProcess fork = run.Begin(linked);
        MadeProcess replaced = run.Begin(linked, none.Id);
        reader.Read(); // it is a fork as yet
        replaced.Exec("/bin/sleep");
        reader.Read();
        foreach (MadeProcess process in (MadeProcess[])[fork, replaced, linked, wrong, shell])
            process.End();
        await reader.EndAsync(Wait.Limit);

        foreach (MadeProcess process in (MadeProcess[])[linked, fork])
        {
            ActivityLink link = Assert.Single(exported.Of(process).Links);
            Assert.Equal((Trace, Span, true), (link.Context.TraceId.ToHexString(), link.Context.SpanId.ToHexString(), link.Context.IsRemote));
        }

        Assert.All((MadeProcess[])[shell, wrong, replaced], process => Assert.Empty(exported.Of(process).Links));
    }

    [Fact]
    public async Task The_context_that_a_command_is_given_is_that_of_its_own_span_and_no_link()
    {
        using var exported = new Exported(new() { InjectTraceparent = true });
        MadeRun run = new(["sh"]);
        RunReader reader = exported.Read(run);
        string given = Assert.Single(reader.LaunchEnvironment);
        using Started sleeper = Sleeper(given["TRACEPARENT=".Length..]);
        MadeProcess shell = run.Begin(origin: "launched", pid: sleeper.Id).Exec("/bin/sh");
        MadeProcess child = run.Begin(shell);
        reader.Read();
        child.End();
        shell.End();
        await reader.EndAsync(Wait.Limit);

        Activity span = exported.Of(shell);
        Assert.Equal($"TRACEPARENT=00-{span.TraceId}-{span.SpanId}-01", given);
        Assert.Equal(span.SpanId, exported.Of(child).ParentSpanId);
        Assert.All(exported.Spans, one => Assert.Empty(one.Links));
        Assert.Equal(2, exported.Spans.Count);
    }

    [Fact]
    public void Unless_it_is_asked_for_and_there_is_a_command_nothing_is_given()
    {
        using var asked = new Exported(new() { InjectTraceparent = true });
        Assert.Empty(asked.Read(new MadeRun()).LaunchEnvironment);
        using var not = new Exported();
        Assert.Empty(not.Read(new MadeRun(["sh"])).LaunchEnvironment);
    }

    private static Started Sleeper(string? traceparent)
    {
        var start = new ProcessStartInfo("sleep", ["100"]);
        start.Environment.Remove("TRACEPARENT");
        if (traceparent is not null)
            start.Environment["TRACEPARENT"] = traceparent;
        return Started.Begin(start);
    }
}
