namespace ForkFollow.Service;

/// <summary>What may be asked of the hosted service while it goes. A service of the host; any thread.</summary>
public sealed class ForkFollowControl
{
    private readonly FollowService _service;
    private readonly TargetSupervisor _supervisor;

    internal ForkFollowControl(FollowService service, TargetSupervisor supervisor) => (_service, _supervisor) = (service, supervisor);

    /// <summary>Passes a signal on to the launched command. Does nothing if there is none, and after its end.</summary>
    public Task SignalWorkloadAsync(int signal) => _service.SignalWorkloadAsync(signal);

    /// <summary>The result directories of the runs that go on, as full paths.</summary>
    public IReadOnlyList<string> Directories => [.. _service.Runs.Concat(_supervisor.Runs).Select(run => run.Directory)];

    /// <summary>Whether the launched command, or the processes named by pid, are followed now. If not, results may still be written.</summary>
    public bool IsFollowing => _service.IsFollowing;

    /// <summary>Ends all runs of targets, so that their results are complete up to here, and begins new ones.</summary>
    public void Rotate() => _supervisor.Rotate();
}
