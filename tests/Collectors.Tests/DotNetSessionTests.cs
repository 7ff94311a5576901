using System.Diagnostics;
using System.Globalization;
using ForkFollow.Collectors.DotNet;
using ForkFollow.Follower;
using ForkFollow.Results;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Xunit.Abstractions;

namespace ForkFollow.Collectors.Tests;

/// <summary>What fails while a runtime waits for us: it is resumed all the same.</summary>
public sealed class DotNetSessionTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
    private readonly FollowerFigures _figures = new();
    private Started? _target;

    private static string Managed { get; } = Metadata.Of("StarterProgram");

    private string Said => Path.Combine(_folder, "said");

    private string Fifo => Path.Combine(_folder, "fifo");

    public void Dispose()
    {
        _target?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [SkippableFact]
    public async Task Each_runtime_has_its_events()
    {
        RunResults results = await FollowAsync(EventSession.OpenAsync, Managed, "A", "to", Said, "run", "2", Managed, "B");

        Assert.All(results.ToList(), result => Assert.True(result.DotNet is { Complete: true }));
        Assert.Equal(2, results.Count);
        Assert.Empty(_figures.Ledger);
    }

    [SkippableFact]
    public async Task A_trace_that_is_kept_opens_in_TraceEvent()
    {
        RunResults results = await FollowAsync(EventSession.OpenAsync, keepTraces: true, Managed, "A", "to", Said);

        int pid = results.ToList()[0].Process.Pid;
        using var source = new EventPipeEventSource(Path.Combine(_folder, "dotnet", $"{pid}.nettrace"));
        var thrown = new List<string>();
        source.Clr.ExceptionStart += one => thrown.Add(one.ExceptionMessage);
        source.Process();
        Assert.Equal(["early-A."], thrown);
        Assert.Equal(0, source.EventsLost);
    }

    [SkippableFact]
    public async Task A_session_that_cannot_be_opened_leaves_the_runtime_running()
    {
        RunResults results = await FollowAsync((_, _, _) => throw new InvalidOperationException("no"), Managed, "A", "to", Said);

        Assert.Equal(0, results.ToList()[0].Process.Exit!.Code);
        Assert.Contains(_figures.Ledger, entry => entry.Text.EndsWith("its diagnostic port: no", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_session_that_never_opens_is_given_up()
    {
        RunResults results = await FollowAsync((_, _, _) => new TaskCompletionSource<EventPipeSession>().Task, Managed, "A", "to", Said);

        Assert.Equal(0, results.ToList()[0].Process.Exit!.Code);
        Assert.Contains(_figures.Ledger, entry => entry.Text.Contains("did not answer", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_runtime_that_is_told_twice_to_go_on_takes_it()
    {
        RunResults results = await FollowAsync(
            async (address, fromStart, deadline) =>
            {
                EventPipeSession session = await EventSession.OpenAsync(address, fromStart, deadline);
                for (int i = 0; i < 2; i++)
                    Assert.Equal(IpcOutcome.Done, RuntimeIpc.Resume(address, _deadline));
                return session;
            },
            Managed, "A", "to", Said, "run", "2", Managed, "B");

        Assert.All(results.ToList(), result => Assert.True(result.DotNet is { Complete: true }));
        Assert.Empty(_figures.Ledger);
    }

    [SkippableFact]
    public async Task A_runtime_that_is_stopped_while_it_waits_goes_on_with_SIGCONT()
    {
        var stopped = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<RunResults> run = FollowAsync(
            async (address, fromStart, deadline) =>
            {
                if (!stopped.Task.IsCompleted)
                {
                    int pid = await FindAsync(Said);
                    Signalling.Send(pid, "STOP");
                    stopped.SetResult(pid);
                }

                return await EventSession.OpenAsync(address, fromStart, deadline);
            },
            Managed, "A", "to", Said);
        int target = await stopped.Task.WaitAsync(_deadline);
        Signalling.Send(target, "CONT");

        Assert.Equal(0, (await run).ToList()[0].Process.Exit!.Code);
        Assert.NotNull((await run).ToList()[0].DotNet);
    }

    [SkippableFact]
    public async Task A_runtime_that_is_let_go_while_it_waits_is_resumed()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Started.OutputAsync("mkfifo", Fifo);

        // The shell, the root, ends when the session of what it left behind is being opened.
        Task<RunResults> run = FollowAsync(
            async (address, fromStart, deadline) =>
            {
                asked.TrySetResult();
                await Task.Delay(Timeout.Infinite, deadline);
                throw new UnreachableException();
            },
            "sh", "-c", "\"$@\" & read line < " + Fifo, "sh", Managed, "A", "to", Said);
        await asked.Task.WaitAsync(_deadline);
        Assert.False(File.Exists(Said));
        await Wait.For(File.WriteAllTextAsync(Fifo, "go\n"), "the reader of the FIFO");
        await run;

        await Wait.UntilAsync(() => File.Exists(Said), "it has said its line");
        Assert.EndsWith(" 0\n", await File.ReadAllTextAsync(Said), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task One_can_attach_fifty_times_and_no_session_stays_behind()
    {
        int pid = await StartTargetAsync();
        for (int i = 0; i < 50; i++)
        {
            var results = new RunResults(null);
            using var dotnet = new DotNetSession(results, null, suspends: false, _figures.Ledger.Enqueue);
            await AttachAsync(pid, results, dotnet, () => Wait.UntilAsync(() => results.ToList()[0].AwaitsMethods, "its session is open"));
            Assert.True(results.ToList()[0].DotNet is { Complete: true });
        }

        Assert.Empty(_figures.Ledger);
        ReleaseTarget();
    }

    [SkippableFact]
    public async Task A_session_that_opens_when_nobody_waits_for_it_any_more_is_closed()
    {
        int pid = await StartTargetAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var opened = new TaskCompletionSource<EventPipeSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        var results = new RunResults(null);
        using var dotnet = new DotNetSession(results, null, suspends: false, _figures.Ledger.Enqueue)
        {
            Opener = async (address, fromStart, _) =>
            {
                asked.TrySetResult();
                EventPipeSession session = await EventSession.OpenAsync(address, fromStart, CancellationToken.None);
                await stopped.Task;
                opened.SetResult(session);
                return session;
            },
        };
        await AttachAsync(pid, results, dotnet, () => asked.Task);
        stopped.SetResult();

        EventPipeSession late = await opened.Task.WaitAsync(_deadline);
        await Wait.UntilAsync(() => !late.EventStream.CanRead, "the late session is closed");
        Assert.Null(results.ToList()[0].DotNet);
        ReleaseTarget();
    }

    /// <summary>A program that runs until <see cref="ReleaseTarget"/>, and is no child of ours. Returns its pid.</summary>
    private async Task<int> StartTargetAsync()
    {
        await Started.OutputAsync("mkfifo", Fifo);
        Machine.Need(Machine.Attach);
        _target = Started.Begin("sh", "-c", "\"$@\" &", "sh", Managed, "A", "to", Said, "read", Fifo);
        await _target.EndedAsync();
        await Wait.UntilAsync(() => File.Exists(Said), "it has said its line");
        return int.Parse((await File.ReadAllTextAsync(Said)).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>A FIFO that is locked cannot be read.</summary>
    private void ReleaseTarget() => new FileStream(Fifo, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();

    private async Task AttachAsync(int pid, RunResults results, DotNetSession dotnet, Func<Task> whenToEnd)
    {
        using (var host = new CollectorHost(results, [new DotNetCollector(dotnet)]))
        {
            await using FollowSession session = await FollowSession.AttachAsync(new() { Targets = [pid] }, host, figures: _figures);
            await whenToEnd().WaitAsync(_deadline);
            await Task.Run(dotnet.Stop);
            await session.EndAsync();
            await session.Completion.WaitAsync(_deadline);
        }

        dotnet.End();
    }

    private Task<RunResults> FollowAsync(
        Func<string, bool, CancellationToken, Task<EventPipeSession>> opener, params string[] command) =>
        FollowAsync(opener, keepTraces: false, command);

    private async Task<RunResults> FollowAsync(
        Func<string, bool, CancellationToken, Task<EventPipeSession>> opener, bool keepTraces, params string[] command)
    {
        var results = new RunResults(command);
        using ResultDirectory directory = ResultDirectory.Open(_folder);
        using var dotnet = new DotNetSession(results, keepTraces ? directory : null, suspends: true, _figures.Ledger.Enqueue) { Opener = opener };
        using (var host = new CollectorHost(results, [new DotNetCollector(dotnet)]))
        {
            await using FollowSession session = await FollowSession.LaunchAsync(
                new() { Command = command, Environment = dotnet.Variables }, host, figures: _figures);
            await session.Completion.WaitAsync(_deadline);
        }

        dotnet.End();
        output.WriteLine($"{dotnet.Figures}");
        return results;
    }

    /// <summary>The process that has a word among its arguments, which is not us.</summary>
    private static async Task<int> FindAsync(string word)
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out int pid) && pid != Environment.ProcessId
                && File.Exists(directory + "/cmdline")
                && (await File.ReadAllTextAsync(directory + "/cmdline")).Split('\0').Contains(word))
            {
                return pid;
            }
        }

        throw new InvalidOperationException($"nobody has {word} in its arguments");
    }
}
