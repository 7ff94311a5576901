namespace ForkFollow.Service;

/// <summary>Exit statuses of our own; any other is the workload's.</summary>
public static class ExitStatus
{
    /// <summary>Following could not begin: a wrong option, no such process, no permission.</summary>
    public const int StartUpProblem = 2;

    /// <summary>A fault of ours: EX_SOFTWARE of sysexits.h.</summary>
    public const int InternalFault = 70;

    /// <summary>The command cannot be executed, as env(1) says it.</summary>
    public const int CommandNotExecutable = 126;

    /// <summary>The command cannot be found, as env(1) says it.</summary>
    public const int CommandNotFound = 127;

    /// <summary>Ended by a signal: this plus its number, as a shell says it.</summary>
    public const int SignalBase = 128;
}
