using System.Diagnostics;
using System.Globalization;
using System.Text;

// Tests count what the machine does, and several tracers at a time would disturb each other's counts.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace ForkFollow.Follower.KernelTests;

/// <summary>
/// What every kernel test has: a deadline, an observer, and a clean end. Whatever the test started is found by a word in
/// its environment, killed, and waited for.
/// </summary>
public abstract class KernelTest : IAsyncLifetime
{
    private const string Word = "FORKFOLLOW_KERNEL_TEST";

    private static readonly string _mark = string.Create(
        CultureInfo.InvariantCulture, $"{Environment.ProcessId}.{Stopwatch.GetTimestamp()}");

    private readonly List<FollowSession> _sessions = [];
    private readonly List<IDisposable> _disposables = [];
    private readonly List<Lines> _lines = [];
    private string? _folder;

    static KernelTest()
    {
        // The runner blocks threads of the pool, and it grows by two in a second only: awaits would take that long.
        ThreadPool.SetMinThreads(16, 16);
        Environment.SetEnvironmentVariable(Word, _mark);
        Assert.Equal(0, Native.setenv(Word, _mark, 1));
    }

    private protected KernelTest()
    {
        Deadline = new(Describe);
        Seen = new(Deadline);
        Pipes = new(Deadline);
        _disposables.Add(Pipes);
        _lines.AddRange([Pipes.Output, Pipes.Report]);
    }

    private protected Deadline Deadline { get; }

    private protected RecordingObserver Seen { get; }

    /// <summary>For launched tracees.</summary>
    private protected Pipes Pipes { get; }

    /// <summary>Whether the ledger may have entries at the end: as a rule an entry is a fault.</summary>
    private protected bool LedgerExpected { get; set; }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        string ledger = string.Join('\n', _sessions.SelectMany(session => session.Figures.Ledger));
        string state = Describe();
        foreach (FollowSession session in _sessions)
            _ = session.EndAsync();
        Task all = Task.WhenAll(_sessions.Select(session => session.Completion));
        bool hung = await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(20))) != all;
        await KillAllAsync();
        foreach (IDisposable one in _disposables)
            one.Dispose();
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
        Assert.False(hung, $"a session did not end when asked to\n{state}");
        await all;
        if (!LedgerExpected)
            Assert.True(ledger.Length == 0, $"the ledger is not empty:\n{ledger}");
    }

    /// <summary>A file of this test's own.</summary>
    private protected string FileName(string name)
    {
        _folder ??= Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        return Path.Combine(_folder, name);
    }

    /// <summary>Memory that a tracee and the test share.</summary>
    private protected SharedLongs Shared(string name, int bytes)
    {
        var file = new SharedLongs(FileName(name), bytes);
        _disposables.Add(file);
        return file;
    }

    /// <summary>Starts a program of tests/Tracees that nobody follows yet.</summary>
    private protected async Task<Tracee> StartAsync(string program, params string[] arguments)
    {
        Tracee tracee = await Tracee.StartAsync(Deadline, program, arguments);
        _disposables.Add(tracee);
        _lines.AddRange([tracee.Output, tracee.Parent]);
        return tracee;
    }

    private protected async Task<FollowSession> AttachAsync(params int[] pids)
    {
        FollowSession session = await Deadline.Of(
            FollowSession.AttachAsync(new() { Targets = [.. pids] }, Seen), "the attach");
        _sessions.Add(session);
        return session;
    }

    /// <summary>Launches a program of tests/Tracees with pipes to it.</summary>
    private protected Task<FollowSession> LaunchAsync(string program, params string[] arguments) =>
        LaunchAsync(new LaunchOptions { Command = Command(program, arguments) });

    private protected string[] Command(string program, params string[] arguments) =>
        [Programs.PathOf(program), .. Pipes.Arguments, .. arguments];

    private protected async Task<FollowSession> LaunchAsync(LaunchOptions options)
    {
        FollowSession session = await Deadline.Of(FollowSession.LaunchAsync(options, Seen), "the launch");
        _sessions.Add(session);
        return session;
    }

    /// <summary>Waits for the end, and checks what must hold at the end of every session.</summary>
    private protected async Task CompleteAsync(FollowSession session)
    {
        await Deadline.Of(session.Completion, "the end of the session");
        List<FollowedProcess> entered = [.. Seen.Of(Call.Attached), .. Seen.Of(Call.Born)];
        List<FollowedProcess> left = [.. Seen.Of(Call.Exited), .. Seen.Of(Call.Detached)];
        Assert.Equal(left.Count, left.Distinct().Count());
        Assert.Equal(entered.Count, entered.Distinct().Count());
        Assert.Empty(entered.Except(left));
        Assert.Equal(left.OrderBy(one => one.Id), Seen.Of(Call.Released).OrderBy(one => one.Id));
        Assert.All(left, one => Assert.Equal(0, one.UnbornChildren));
        Assert.Empty(await session.ListAsync());
    }

    /// <summary>Launches a program, follows it to its end, and returns its root.</summary>
    private protected async Task<FollowedProcess> RunAsync(string program, params string[] arguments)
    {
        FollowSession session = await LaunchAsync(program, arguments);
        FollowedProcess root = session.Root!;
        await CompleteAsync(session);
        return root;
    }

    /// <summary>Ends a session that attached: by then nobody has a tracer.</summary>
    private protected async Task EndAsync(FollowSession session)
    {
        await Deadline.Of(session.EndAsync(), "the order to end");
        await CompleteAsync(session);
    }

    private protected static void AssertExit(int code, FollowedProcess process) =>
        Assert.Equal(new ProcessExit(code, 0, false), process.Exit);

    /// <summary>All that is known, for the message of a failure.</summary>
    private protected string Describe()
    {
        var text = new StringBuilder();
        text.Append(Seen);
        foreach (Lines lines in _lines)
            text.Append(lines);
        foreach (FollowSession session in _sessions)
            text.Append(string.Concat(session.Figures.Ledger.Select(entry => $"ledger: {entry}\n")));
        foreach (int pid in Ours())
            text.Append(Proc.Describe(pid));
        return text.ToString();
    }

    private static List<int> Ours()
    {
        string word = $"{Word}={_mark}\0";
        return [.. Proc.All().Where(pid => pid != Environment.ProcessId
            && Proc.Text(pid, "environ").Contains(word, StringComparison.Ordinal))];
    }

    /// <summary>Until a look finds nobody: whoever is killed may have made another in between.</summary>
    private static async Task KillAllAsync()
    {
        long start = Stopwatch.GetTimestamp();
        List<int> found;
        while ((found = Ours()).Count > 0)
        {
            foreach (int pid in found)
                _ = Native.kill(pid, Native.SIGKILL);
            while (found.Exists(Proc.IsAlive))
            {
                if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(20))
                    Assert.Fail($"these could not be killed:\n{string.Concat(found.Select(Proc.Describe))}");
                await Task.Delay(1);
            }
        }
    }
}
