namespace ForkFollow.Follower;

/// <summary>Which process is meant: pids are reused, a pid with its start time is not. Immutable.</summary>
/// <param name="Pid">The process id.</param>
/// <param name="Start">
/// When it was born, in clock ticks since boot (field 22 of proc_pid_stat(5)); 0: whoever has the pid when it is looked at.
/// </param>
public readonly record struct ProcessIdentity(int Pid, long Start)
{
    /// <summary>Whoever has that pid.</summary>
    public static implicit operator ProcessIdentity(int pid) => FromInt32(pid);

    /// <summary>Whoever has that pid.</summary>
    public static ProcessIdentity FromInt32(int pid) => new(pid, 0);
}
