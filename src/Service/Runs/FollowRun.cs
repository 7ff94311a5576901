using System.Diagnostics;
using ForkFollow.Collectors;
using ForkFollow.Follower;
using ForkFollow.Results;
using ForkFollow.Results.Formats;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service;

/// <summary>
/// One run: a command launched, or processes attached to, followed until nobody is left or it is told to end, with its results
/// in a directory of its own. Any thread may call; <see cref="RunAsync"/> once.
/// </summary>
internal sealed class FollowRun
{
    private static readonly TimeSpan _letGoPatience = TimeSpan.FromSeconds(5);

    private readonly FollowSettings _settings;
    private readonly RunFactory _factory;

    /// <summary>The tracer thread tells too, and must not wait for a terminal or a file.</summary>
    private readonly QueuedLogger _logger;
    private readonly RunResults _results;
    private readonly TaskCompletionSource _endWished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FollowedRun> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource<bool> _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Signals that came before the session; the lock of <see cref="_session"/> too.</summary>
    private readonly List<int> _early = [];
    private FollowSession? _session;
    private ResultLosses? _losses;

    internal FollowRun(FollowSettings settings, RunFactory factory)
    {
        _settings = settings;
        _factory = factory;
        _logger = new(factory.Logger);
        _results = new(settings.Launches ? settings.Command : null);
    }

    /// <summary>
    /// Completes when following has begun, with what there is to see of it. Cancelled if it could not begin: then
    /// <see cref="RunAsync"/> says why.
    /// </summary>
    internal Task<FollowedRun> Begun => _begun.Task;

    /// <summary>
    /// Completes when nobody is followed any more, before the results are complete. True if processes were let go because the
    /// duration was over or an end was asked for; false if nobody is left, and if the run could not begin.
    /// </summary>
    internal Task<bool> LetGo => _letGo.Task;

    /// <summary>
    /// Passes a signal on to the launched command. One that comes before we know of its start is passed on then: the command
    /// may have told the sender already that it runs. Does nothing after its end.
    /// </summary>
    internal Task SignalWorkloadAsync(int signal)
    {
        lock (_early)
        {
            if (_session is { } session)
                return session.SignalRootAsync(signal);
            _early.Add(signal);
            return Task.CompletedTask;
        }
    }

    /// <summary>Completes when the tracer thread has answered, or has ended: it does its work.</summary>
    internal Task AnswerAsync()
    {
        lock (_early)
            return _session?.SignalRootAsync(0) ?? Task.CompletedTask; // kill(2): no signal, a check alone
    }

    /// <summary>What is wrong with a thread that serves it, or is at one piece of work so long; null if nothing is.</summary>
    internal string? FindThreadTrouble(TimeSpan patience) => _results.FindThreadTrouble(patience);

    /// <summary>Ends following before its time: an attached tree lives on.</summary>
    internal void End() => _endWished.TrySetResult();

    /// <summary>Follows to the end, and writes the results.</summary>
    /// <param name="stoppingToken">Ends following.</param>
    /// <returns>The exit status of the command; 0 if none was launched.</returns>
    /// <exception cref="StartUpException">It could not begin.</exception>
    /// <exception cref="FollowException">The follower could not begin.</exception>
    internal async Task<int> RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            return await CollectAsync(stoppingToken).ConfigureAwait(false);
        }
        finally
        {
            _begun.TrySetCanceled(CancellationToken.None);
            _letGo.TrySetResult(false);
            await _logger.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task<int> CollectAsync(CancellationToken stoppingToken)
    {
        using ResultDirectory directory = RunDirectory.Create(_settings);
        _losses = new(directory, _logger);
        var run = new FollowedRun(directory.Path, _results);
        IServiceScope scope = _factory.NewScope(_results);
        try
        {
            Collector[] further = _factory.CollectorsOf(scope);
            using var choice = CollectorChoice.Make(_settings, _results, directory, further, Report);
            await using RunExports exports = _factory.Export(_results);
            int status;
            using (var collectors = new CollectorHost(_results, choice.Collectors))
                status = await FollowAsync(run, directory, choice, exports, Observe(collectors, scope), stoppingToken).ConfigureAwait(false);
            _factory.Tell(listener => listener.Followed(run));
            choice.End();
            await exports.EndAsync().ConfigureAwait(false); // it may add to the ledger
            await FinishAsync(run, directory).ConfigureAwait(false);
            return status;
        }
        finally
        {
            await DisposeAsync(scope).ConfigureAwait(false);
        }
    }

    /// <summary>Collectors first: they are open when an observer of others is told of a process.</summary>
    private IFollowObserver Observe(CollectorHost collectors, IServiceScope scope)
    {
        IFollowObserver[] further = _factory.ObserversOf(scope);
        return further.Length == 0 ? collectors : new ObserverChain([collectors, .. further]);
    }

    private static ValueTask DisposeAsync(IServiceScope scope)
    {
        if (scope is IAsyncDisposable disposable)
            return disposable.DisposeAsync();
        scope.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes all results. What cannot be written is said, and changes nothing else.</summary>
    private async Task FinishAsync(FollowedRun run, ResultDirectory directory)
    {
        _results.EndTimestamp = Stopwatch.GetTimestamp();
        _losses!.SayAbsence();

        // First the processes: what was sampled takes time to read, and we may be killed.
        RecordedRun recorded = _results.Record();
        ResultFormats.WriteAll([RunFiles.Tree], directory, recorded, _losses.Say);
        recorded = recorded with { Profile = RunFiles.ReadProfile(directory, _losses.Say) };
        _factory.SayWhatIsLacking(_settings.Options.Formats);
        ResultFormats.WriteAll(ResultFormats.Named(_settings.Options.Formats), directory, recorded, _losses.Say);
        await _logger.FlushAsync().ConfigureAwait(false); // before the report, not in its midst
        _factory.Tell(listener => listener.Ended(run, recorded));
    }

    private async Task<int> FollowAsync(
        FollowedRun run, ResultDirectory directory, CollectorChoice choice, RunExports exports, IFollowObserver observer,
        CancellationToken stoppingToken)
    {
        await using FollowSession session = await StartAsync(choice, exports, observer).ConfigureAwait(false);
        await PublishAsync(session).ConfigureAwait(false);
        if (directory.Keep() is { } left)
            _logger.LogWarning("the old results of {Directory} could not be deleted whole: what is left is in {Left}", directory.Path, left);
        _begun.SetResult(run);
        _factory.Tell(listener => listener.Began(run));
        using var ended = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, ended.Token);
        Task writer = new ResultWriter(directory, _results, _losses!).RunAsync(ended.Token);
        Task watcher = SayIfStuckAsync(session, ended.Token);

        Task limit = Task.Delay(_settings.Options.Duration ?? Timeout.InfiniteTimeSpan, stop.Token);
        bool early = await Task.WhenAny(session.Completion, limit, _endWished.Task).ConfigureAwait(false) != session.Completion;
        if (early)
        {
            await Task.Run(choice.BeforeEnd, CancellationToken.None).ConfigureAwait(false);
            await session.EndAsync().ConfigureAwait(false);
        }

        await session.Completion.ConfigureAwait(false);
        _letGo.TrySetResult(early);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(writer, watcher).ConfigureAwait(false);
        return session.Root?.Exit?.ShellStatus ?? 0;
    }

    private async Task PublishAsync(FollowSession session)
    {
        lock (_early)
            _session = session;
        foreach (int signal in _early)
            await session.SignalRootAsync(signal).ConfigureAwait(false);
    }

    private Task<FollowSession> StartAsync(CollectorChoice choice, RunExports exports, IFollowObserver observer) => _settings.Launches
        ? FollowSession.LaunchAsync(
            new()
            {
                Command = _settings.Command,
                Until = _settings.Options.Until,
                OnExit = _settings.Options.OnExit,
                Environment = choice.Variables,
                EnvironmentOverrides = exports.LaunchEnvironment,
            },
            observer, _logger, _results.Figures)
        : FollowSession.AttachAsync(
            new() { Targets = _settings.Processes, Descendants = _settings.Options.Descendants }, observer, _logger, _results.Figures);

    /// <summary>
    /// Says so if what the command left behind cannot be let go: who waits in a vfork stops only when its child has
    /// executed or ended.
    /// </summary>
    private async Task SayIfStuckAsync(FollowSession session, CancellationToken ended)
    {
        if (_settings.Options.Until != FollowUntil.Root)
            return;
        await session.RootEnded.WaitAsync(ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(_letGoPatience, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!ended.IsCancellationRequested)
        {
            _logger.LogWarning(
                "the command has ended, but something that it left behind does not stop to be let go (it waits in a "
                + "vfork?); Ctrl-C twice quits and kills it");
        }
    }

    private void Report(LedgerEntry entry)
    {
        _results.Figures.Ledger.Enqueue(entry);
        if (entry.Kind == LedgerKind.Results)
            _losses?.Say(entry.Text);
        else
            _logger.LogDebug("{Text}", entry.Text);
    }
}
