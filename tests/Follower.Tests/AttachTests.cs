using ForkFollow.Native;
using Microsoft.Extensions.Logging.Abstractions;

namespace ForkFollow.Follower.Tests;

public sealed class AttachTests
{
    private readonly Scene _scene = new();

    [Fact]
    public void A_process_that_is_followed_already_is_not_seized_again()
    {
        Assert.Empty(_scene.Tracer.Attach(new() { Targets = [Scene.P, Scene.P] }));
        Assert.Equal("", _scene.TakeLog());
    }

    [Fact]
    public void A_thread_id_stands_for_its_process()
    {
        _scene.Kernel.AddProcess(40);
        _scene.Kernel.AddThread(41, 40);
        _scene.Tracer.Attach(new() { Targets = [41] });
        Assert.Equal("SEIZE 40 · SEIZE 41 · attached 40", _scene.TakeLog());
        Assert.Equal(2, _scene.Seen[40].ThreadsSeen);
    }

    /// <summary>A title is written over the arguments; zeros and blanks behind it are what was longer.</summary>
    [Theory]
    [InlineData("server: idle\0\0\0\0\0", "server: idle")]
    [InlineData("server: idle\0    \0", "server: idle")]
    [InlineData("server: idle      \0", "server: idle")]
    [InlineData("server\0\0-v\0", "server", "", "-v")]
    [InlineData("    \0")]
    public void What_pads_a_title_is_no_argument(string commandLine, params string[] arguments)
    {
        _scene.Tracer.SetCommandLines([(_scene.Parent, System.Text.Encoding.UTF8.GetBytes(commandLine))]);
        Assert.Equal(arguments, _scene.Parent.Found!.GetArguments());
    }

    [Fact]
    public void Descendants_are_seized_with_their_parents_known()
    {
        MakeFamily();
        _scene.Tracer.Attach(new() { Targets = [40] });
        Assert.Equal("SEIZE 40 · attached 40 · SEIZE 41 · attached 41 · SEIZE 42 · attached 42", _scene.TakeLog());
        Assert.Same(_scene.Seen[41], _scene.Seen[42].Parent);
    }

    [Fact]
    public void Descendants_are_left_alone_if_not_wanted()
    {
        MakeFamily();
        _scene.Tracer.Attach(new() { Targets = [40], Descendants = false });
        Assert.Equal("SEIZE 40 · attached 40", _scene.TakeLog());
    }

    [Fact]
    public void A_child_born_while_we_attach_is_ours_already_and_is_not_refused()
    {
        MakeFamily();
        _scene.Kernel.AddProcess(41, 40, tracer: FakeKernel.Tracer);
        Assert.Empty(_scene.Tracer.Attach(new() { Targets = [40] }));
        Assert.Equal("SEIZE 40 · attached 40", _scene.TakeLog());
        Assert.Empty(_scene.Tracer.Figures.Ledger);
    }

    [Fact]
    public void One_target_refused_the_others_are_followed_and_the_ledger_says_why()
    {
        _scene.Kernel.AddProcess(40, tracer: 99);
        _scene.Kernel.RefuseSeize(40, Linux.EPERM);
        _scene.Kernel.AddProcess(50);
        List<LedgerEntry> refusals = _scene.Tracer.Attach(new() { Targets = [40, 50, 60] });
        Assert.Equal(2, refusals.Count);
        Assert.Contains("already traced by prog (process 99)", refusals[0].Text, StringComparison.Ordinal);
        Assert.Contains("60: no such process", refusals[1].Text, StringComparison.Ordinal);
        Assert.Equal("SEIZE 50 · attached 50", _scene.TakeLog());
        Assert.Equal(2, _scene.Tracer.Figures.Ledger.Count(entry => entry.Kind == LedgerKind.SeizeRefused));
    }

    [Fact]
    public void A_child_that_cannot_be_seized_is_asked_once_and_its_parent_is_followed()
    {
        MakeFamily();
        _scene.Kernel.RefuseSeize(41, Linux.EPERM);
        Assert.Empty(_scene.Tracer.Attach(new() { Targets = [40] }));
        Assert.Equal("SEIZE 40 · attached 40", _scene.TakeLog());
        Assert.Single(_scene.Tracer.Figures.Ledger);
    }

    [Fact]
    public void A_target_that_dies_while_others_are_seized_was_followed()
    {
        var tracer = new Tracer(_scene.Kernel, _scene, NullLogger.Instance, new PollGovernor(), new Mailbox());
        Assert.False(tracer.HasFollowed);
        _scene.Kernel.AddProcess(40);
        _scene.Kernel.Report(40, WaitStatus.ForExit(3));
        Assert.Empty(tracer.Attach(new() { Targets = [40] }));
        Assert.Empty(tracer.Processes);
        Assert.True(tracer.HasFollowed);
        Assert.Equal(3, _scene.Seen[40].Exit?.Code);
    }

    private void MakeFamily()
    {
        _scene.Kernel.AddProcess(40);
        _scene.Kernel.AddProcess(41, 40);
        _scene.Kernel.AddProcess(42, 41);
        _scene.Kernel.SetChildren(40, 41);
        _scene.Kernel.SetChildren(41, 42);
    }
}
