using System.Diagnostics;
using ForkFollow.Collectors;
using ForkFollow.Collectors.Recording;
using ForkFollow.Follower;
using ForkFollow.Service.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Host;

/// <summary>
/// Follows what the settings name, writes the results, and stops the host when it is done. Register it with
/// <c>services.AddHostedService&lt;FollowService&gt;()</c> beside a <see cref="FollowSettings"/> and a
/// <see cref="FollowOutcome"/>. Stopping the host ends following: attached processes are let go.
/// </summary>
public sealed class FollowService : BackgroundService
{
    private static readonly TimeSpan _letGoPatience = TimeSpan.FromSeconds(5);

    private readonly FollowSettings _settings;
    private readonly FollowOutcome _outcome;
    private readonly ProcessTelemetry _telemetry;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<FollowService> _logger;
    private readonly FollowerFigures _figures = new();

    /// <summary>Signals that came before the session; the lock of <see cref="_session"/> too.</summary>
    private readonly List<int> _early = [];
    private FollowSession? _session;

    /// <summary>Made by the host.</summary>
    public FollowService(
        FollowSettings settings,
        FollowOutcome outcome,
        ProcessTelemetry telemetry,
        IHostApplicationLifetime lifetime,
        ILogger<FollowService> logger)
    {
        _settings = settings;
        _outcome = outcome;
        _telemetry = telemetry;
        _lifetime = lifetime;
        _logger = logger;
    }

    /// <summary>
    /// Passes a signal on to the launched command. One that comes before we know of its start is passed on then: the command
    /// may have told the sender already that it runs. Does nothing after its end.
    /// </summary>
    public Task SignalWorkloadAsync(int signal)
    {
        lock (_early)
        {
            if (_session is { } session)
                return session.SignalRootAsync(signal);
            _early.Add(signal);
            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (StartUpException e)
        {
            _outcome.ExitStatus = ExitStatus.StartUpProblem;
            Say(e.Message);
        }
        catch (FollowException e)
        {
            _outcome.ExitStatus = e.Failure switch
            {
                FollowFailure.CommandNotFound => ExitStatus.CommandNotFound,
                FollowFailure.CommandNotExecutable => ExitStatus.CommandNotExecutable,
                _ => ExitStatus.StartUpProblem,
            };
            Say(e.Message);
        }
        finally
        {
            _lifetime.StopApplication();
        }
    }

    private static void Say(string lines)
    {
        foreach (string line in lines.Split('\n'))
            StandardError.Say(line);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        ResultDirectory directory = ResultDirectory.Create(_settings);
        var results = new RunResults(_settings.Launches ? _settings.Command : null);
        try
        {
            using var choice = CollectorChoice.Make(_settings, results, directory, Report);
            await using TelemetryRun telemetry = _telemetry.Follow(results, _figures);
            using (var collectors = new CollectorHost(results, choice.Collectors))
                await FollowAsync(choice, collectors, directory, telemetry, stoppingToken).ConfigureAwait(false);
            choice.End();
            await telemetry.EndAsync().ConfigureAwait(false);
            Finish(results, directory);
        }
        finally
        {
            directory.RemoveIfEmpty();
        }
    }

    /// <summary>Writes all results, and shows the report.</summary>
    private void Finish(RunResults results, ResultDirectory directory)
    {
        new ResultWriter(directory, results, _figures).Finish();
        RecordedRun run = LiveRun.Record(results, _figures, Stopwatch.GetTimestamp()) with
        {
            Profile = RecordingReader.Read(directory.Path),
        };
        ResultFormats.WriteAll([.. ResultFormats.All.Where(one => _settings.Formats.Contains(one.Format))], directory.Path, run);
        if (_settings.Quiet)
            return;
        TreeReport.Write(StandardError.Writer, run, Terminal.Width);
        StandardError.Say($"results in {Path.GetRelativePath(Environment.CurrentDirectory, directory.Path)}");
    }

    private async Task FollowAsync(
        CollectorChoice choice, CollectorHost collectors, ResultDirectory directory, TelemetryRun telemetry,
        CancellationToken stoppingToken)
    {
        RunResults results = collectors.Results;
        await using FollowSession session = await StartAsync(choice, collectors, telemetry).ConfigureAwait(false);
        await PublishAsync(session).ConfigureAwait(false);
        using var status = StatusLine.Show(results, !_settings.Quiet);
        using var ended = new CancellationTokenSource();
        Task writer = new ResultWriter(directory, results, _figures).RunAsync(ended.Token);
        Task watcher = SayIfStuckAsync(session, ended.Token);

        Task limit = Task.Delay(_settings.Duration ?? Timeout.InfiniteTimeSpan, stoppingToken);
        if (await Task.WhenAny(session.Completion, limit).ConfigureAwait(false) == limit)
        {
            await Task.Run(choice.BeforeEnd, CancellationToken.None).ConfigureAwait(false);
            await session.EndAsync().ConfigureAwait(false);
        }

        await session.Completion.ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(writer, watcher).ConfigureAwait(false);
        _outcome.ExitStatus = session.Root?.Exit?.ShellStatus ?? 0;
    }

    private async Task PublishAsync(FollowSession session)
    {
        lock (_early)
            _session = session;
        foreach (int signal in _early)
            await session.SignalRootAsync(signal).ConfigureAwait(false);
    }

    private Task<FollowSession> StartAsync(CollectorChoice choice, CollectorHost collectors, TelemetryRun telemetry) => _settings.Launches
        ? FollowSession.LaunchAsync(
            new()
            {
                Command = _settings.Command,
                Until = _settings.Until,
                OnExit = _settings.OnExit,
                Environment = choice.Variables,
                EnvironmentOverrides = telemetry.LaunchEnvironment,
            },
            collectors, _logger, _figures)
        : FollowSession.AttachAsync(
            new() { Pids = _settings.Pids, Descendants = _settings.Descendants }, collectors, _logger, _figures);

    /// <summary>
    /// Says so if what the command left behind cannot be let go: who waits in a vfork stops only when its child has
    /// executed or ended.
    /// </summary>
    private async Task SayIfStuckAsync(FollowSession session, CancellationToken ended)
    {
        if (_settings.Until != FollowUntil.Root)
            return;
        await session.RootEnded.WaitAsync(ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(_letGoPatience, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!ended.IsCancellationRequested)
        {
            StandardError.Say(
                "the command has ended, but something that it left behind does not stop to be let go (it waits in a "
                + "vfork?); Ctrl-C twice quits and kills it");
        }
    }

    private void Report(LedgerEntry entry)
    {
        _figures.Ledger.Enqueue(entry);
        _logger.LogDebug("{Text}", entry.Text);
    }
}
