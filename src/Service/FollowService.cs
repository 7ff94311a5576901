using ForkFollow.Follower;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ForkFollow.Service;

/// <summary>
/// The hosted service. With a command or pids it is one run, and stops the host at its end; with targets it watches for them
/// until the host stops. Stopping the host ends following: attached processes are let go, and results are written.
/// </summary>
internal sealed class FollowService : BackgroundService
{
    private readonly ForkFollowOptions _options;
    private readonly FollowOutcome _outcome;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TargetSupervisor _supervisor;
    private readonly ILogger<FollowService> _logger;
    private readonly FollowRun? _single;
    private readonly bool _injectsInVain;

    public FollowService(
        IOptions<ForkFollowOptions> options,
        FollowOutcome outcome,
        RunFactory runs,
        TargetSupervisor supervisor,
        IHostApplicationLifetime lifetime,
        ILogger<FollowService> logger)
    {
        _options = options.Value;
        _outcome = outcome;
        _supervisor = supervisor;
        _lifetime = lifetime;
        _logger = logger;
        _injectsInVain = _options.Telemetry.InjectTraceparent && !runs.Exports;
        if (_options.Command.Count > 0 || _options.Pids.Count > 0)
            _single = runs.Make(new(_options));
    }

    /// <summary>Passes a signal on to the launched command. Does nothing if there is none, and after its end.</summary>
    internal Task SignalWorkloadAsync(int signal) => _single?.SignalWorkloadAsync(signal) ?? Task.CompletedTask;

    /// <summary>The run on a command or pids, if it has begun.</summary>
    internal IEnumerable<FollowedRun> Runs => _single is { Begun: { IsCompletedSuccessfully: true } begun } ? [begun.Result] : [];

    /// <summary>Whether the command or the pids are followed now.</summary>
    internal bool IsFollowing => _single is { Begun.IsCompletedSuccessfully: true, LetGo.IsCompleted: false };

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_injectsInVain)
        {
            _logger.LogWarning(
                "ForkFollow:Telemetry:InjectTraceparent (--inject-traceparent) is without effect, since there is no OTLP endpoint; "
                + "set OTEL_EXPORTER_OTLP_ENDPOINT");
        }

        if (_single is null)
        {
            await WatchAsync(stoppingToken).ConfigureAwait(false);
            return;
        }

        try
        {
            _outcome.ExitStatus = await _single.RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (StartUpException e)
        {
            Refuse(ExitStatus.StartUpProblem, e.Message);
        }
        catch (FollowException e)
        {
            Refuse(
                e.Failure switch
                {
                    FollowFailure.CommandNotFound => ExitStatus.CommandNotFound,
                    FollowFailure.CommandNotExecutable => ExitStatus.CommandNotExecutable,
                    _ => ExitStatus.StartUpProblem,
                },
                e.Message);
        }
        catch (Exception e) when (!_single.Begun.IsCompletedSuccessfully && Exhaustion.Of(e) is { } exhausted)
        {
            Refuse(ExitStatus.StartUpProblem, exhausted);
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            _lifetime.StopApplication();
        }
    }

    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        if (RunDirectory.MakeFolderOfTargets(_options.Output) is { } refusal)
        {
            Refuse(ExitStatus.StartUpProblem, refusal);
            _lifetime.StopApplication();
            return;
        }

        try
        {
            await _supervisor.RunAsync(stoppingToken).ConfigureAwait(false);
            _outcome.ExitStatus = 0;
        }
        catch (Exception e)
        {
            Fail(e);
            _lifetime.StopApplication();
        }
    }

    /// <summary>What nobody has thought of: in one line for the user, and whole for who reports it (-v).</summary>
    private void Fail(Exception fault)
    {
        _outcome.ExitStatus = ExitStatus.InternalFault;
        _logger.LogError(
            "internal fault: {Kind}: {Message}; targets run on, and results are as they were written last: please report it, with what -v says",
            fault.GetType().Name, fault.Message.ReplaceLineEndings(" "));
        _logger.LogDebug(fault, "where it was");
    }

    private void Refuse(int status, string lines)
    {
        _outcome.ExitStatus = status;
        foreach (string line in lines.Split('\n'))
            _logger.LogError("{Line}", line);
    }
}
