using System.Globalization;
using ForkFollow.Follower;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ForkFollow.Service;

/// <summary>
/// Watches for targets: looks for them at an interval, and begins a run for those of a target that it finds together and that
/// are not followed yet. A target that has ended and comes again is a new run. <see cref="RunAsync"/> is its one loop; the
/// other members may be called by any thread.
/// </summary>
internal sealed class TargetSupervisor : IDisposable
{
    private readonly ForkFollowOptions _options;
    private readonly RunFactory _factory;
    private readonly FollowSettings _settings;
    private readonly TargetFinder _finder;
    private readonly ProcFolder _proc;
    private readonly Refusals _refusals;
    private readonly ServiceManager _manager;
    private readonly ILogger<TargetSupervisor> _logger;
    private readonly RunList _runs = new();
    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>Targets by pid: the process that had it first.</summary>
    private readonly Dictionary<FollowTarget, ProcessIdentity> _taken = [];
    private bool _saidFull;

    /// <summary>Why the last look for a target failed, told once.</summary>
    private string _fault = "";
    private string _status = "";

    public TargetSupervisor(
        IOptions<ForkFollowOptions> options, RunFactory factory, ProcFolder proc, CgroupFolder cgroups, ServiceManager manager,
        ILogger<TargetSupervisor> logger)
    {
        _options = options.Value;
        _settings = new(_options);
        _factory = factory;
        _proc = proc;
        _finder = new(proc, cgroups);
        _refusals = new(_finder, logger);
        _manager = manager;
        _logger = logger;
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    /// <summary>The runs that have begun and go on.</summary>
    internal IEnumerable<FollowedRun> Runs => _runs.Begun;

    /// <summary>
    /// Ends all runs that go on now. Their targets are found again at once: what comes next is in new result directories.
    /// </summary>
    internal void Rotate()
    {
        _logger.LogInformation("results are complete up to here; new ones begin");
        _runs.EndAll();
    }

    /// <summary>Watches until told to stop. Returns when all runs have ended and their results are written.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        _logger.LogInformation("watching for {Targets}", string.Join(", ", _options.Targets));
        using var done = new CancellationTokenSource();
        var watchdog = new Watchdog(_manager, _runs.AnswerAsync, _runs.FindThreadTrouble, _options.ScanInterval, _logger);
        Task guarded = watchdog.RunAsync(done.Token);
        try
        {
            await WatchAsync(watchdog, stoppingToken).ConfigureAwait(false);
        }
        finally
        {
            _manager.Tell("STOPPING=1\nSTATUS=letting go of all, and writing results");
            watchdog.IsStopping = true;
            await _runs.AllEnded().ConfigureAwait(false);
            await done.CancelAsync().ConfigureAwait(false);
            await guarded.ConfigureAwait(false);
        }
    }

    private async Task WatchAsync(Watchdog watchdog, CancellationToken stoppingToken)
    {
        bool ready = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            watchdog.Beat();
            await ScanAsync(stoppingToken).ConfigureAwait(false);
            TellStatus(ref ready);
            try
            {
                await _wake.WaitAsync(_options.ScanInterval, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The host stops.
            }
        }
    }

    /// <summary>Looks once for each target, and begins the runs of what it found.</summary>
    private async Task ScanAsync(CancellationToken stoppingToken)
    {
        var all = new Lazy<IReadOnlyList<int>>(() => [.. _proc.List()]);
        string fault = "";
        foreach (FollowTarget target in _options.Targets)
        {
            try
            {
                await ScanAsync(target, all, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // No descriptor left, say: that passes, and what is followed already is followed on.
                fault = $"{target} cannot be looked for: {e.Message.ReplaceLineEndings(" ")}";
                if (fault != _fault)
                    _logger.LogError(e, "{Fault}; it is tried again, and what is followed is followed on", fault);
            }
        }

        _fault = fault;
        _refusals.ForgetTheDead();
        _saidFull &= _runs.Count >= _options.MaxRuns;
    }

    private async Task ScanAsync(FollowTarget target, Lazy<IReadOnlyList<int>> all, CancellationToken stoppingToken)
    {
        var hanging = new List<ProcessIdentity>();
        List<ProcessIdentity> found = _finder.Find(target, all, _options.Descendants, hanging);
        foreach (ProcessIdentity one in hanging)
        {
            _refusals.Add([one], [
                $"{one.Pid}: whether it is meant by {target} cannot be seen: it hangs in the kernel, and so does who reads its command line; "
                + "name the target by program or pid"]);
        }

        Pin(target, found);
        found.RemoveAll(_refusals.IsToWait);
        if (found.Count == 0 || stoppingToken.IsCancellationRequested)
            return;
        if (_runs.Count >= _options.MaxRuns)
            SayFull(target);
        else
            await BeginAsync(target, found, stoppingToken).ConfigureAwait(false);
    }

    /// <summary>A target by pid is the process that had it first, not one that has it later.</summary>
    private void Pin(FollowTarget target, List<ProcessIdentity> found)
    {
        if (target.Pid is null || found.Count == 0)
            return;
        if (_taken.TryAdd(target, found[0]) || _taken[target] == found[0])
            return;
        _refusals.Add(found, [$"{found[0].Pid}: another process has this pid now; the target {target} has ended"]);
        found.Clear();
    }

    private void SayFull(FollowTarget target)
    {
        if (!_saidFull)
        {
            _logger.LogWarning(
                "there are {Count} runs, as many as ForkFollow:MaxRuns allows: {Target} and others wait until one has ended",
                _runs.Count, target);
        }

        _saidFull = true;
    }

    /// <summary>Begins a run. Returns when its processes are followed, so that the next look does not find them again.</summary>
    private async Task BeginAsync(FollowTarget target, List<ProcessIdentity> found, CancellationToken stoppingToken)
    {
        string name = _finder.NameFor(target, found[0]);
        RunDirectory.MakeFolderOfTargets(_options.Output); // somebody may have tidied up since the start
        FollowRun run = _factory.Make(_settings with
        {
            Processes = found,
            Output = RunDirectory.ForTarget(_options.Output, name, found[0].Pid, DateTime.UtcNow),
        });
        _runs.Add(run, FollowAsync(run, target, found, stoppingToken));
        await ((Task)run.Begun).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (run.Begun.IsCompletedSuccessfully)
        {
            _logger.LogInformation(
                "following {Name}, pid {Pid}, for {Target}; results in {Directory}",
                name, string.Join(' ', found.Select(one => one.Pid)), target, (await run.Begun.ConfigureAwait(false)).Directory);
        }
    }

    private async Task FollowAsync(
        FollowRun run, FollowTarget target, List<ProcessIdentity> found, CancellationToken stoppingToken)
    {
        try
        {
            _ = WakeAtEndAsync(run);
            await run.RunAsync(stoppingToken).ConfigureAwait(false);
            FollowedRun ended = await run.Begun.ConfigureAwait(false);
            _logger.LogInformation(
                "the run on {Target} has ended, {Count} processes; results in {Directory}",
                target, ended.Results.Count, ended.Directory);
        }
        catch (Exception e) when (e is StartUpException or FollowException)
        {
            // Who ended before he could be seized has not refused.
            if (found.Exists(_finder.IsThere))
                _refusals.Add(found, e.Message.Split('\n'));
            else
                _logger.LogDebug("{Target} ended before it could be followed", target);
        }
        catch (Exception e)
        {
            // A fault of ours in one run must not end the others; the tracer thread has let go of its processes.
            _logger.LogError(e, "a run on {Target} failed", target);
            _refusals.Add(found, []);
        }
    }

    /// <summary>Whom a run let go though they live is looked for at once, not at the next turn.</summary>
    private async Task WakeAtEndAsync(FollowRun run)
    {
        if (await run.LetGo.ConfigureAwait(false))
            _wake.Release();
    }

    private void TellStatus(ref bool ready)
    {
        string status = string.Create(
            CultureInfo.InvariantCulture, $"STATUS=watching for {_options.Targets.Count} targets; {_runs.Count} runs go on");
        if (status == _status)
            return;
        _status = status;
        _manager.Tell(ready ? status : "READY=1\n" + status);
        ready = true;
    }
}
