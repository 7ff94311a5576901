using System.Globalization;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>Says why a process cannot be seized, and what to do about it.</summary>
internal static class SeizeRefusal
{
    /// <summary>
    /// Why a process must not be seized though it could be; null if nothing is against it. A child of this process that
    /// .NET waits for: waitpid on another thread would take its stops and its death away from the tracer thread (the
    /// target hangs), and ours its death from .NET (which then ends this process).
    /// </summary>
    internal static string? Object(IKernel kernel, int pid) =>
        kernel.ReadStatus(pid, out ProcStatus status) == ProcOutcome.Read && status.ParentPid == Environment.ProcessId
            ? $"{pid}: a child of this very process, which .NET waits for; start it with FollowSession.LaunchAsync instead"
            : null;

    internal static string Explain(IKernel kernel, int pid, int errno)
    {
        switch (kernel.ReadStatus(pid, out ProcStatus status))
        {
            case ProcOutcome.Read:
                break;
            case ProcOutcome.Gone:
                return $"{pid}: no such process; check the pid with ps(1)";
            case ProcOutcome.Exhausted:
                return $"{pid}: we have no descriptor or memory left; raise ulimit -n";
            case ProcOutcome outcome:
                return $"{pid}: /proc/{pid}/status cannot be read ({outcome}); run as root, with /proc mounted";
        }

        if (status.Tgid == Environment.ProcessId)
            return $"{pid}: that is forkfollow itself; name another process";
        if (status.TracerPid != 0)
        {
            return $"{pid}: already traced by {NameOf(kernel, status.TracerPid)}, and a process has one tracer; "
                + "end that one first";
        }

        if (status.IsZombie)
            return $"{pid}: a zombie, dead and waiting for its parent to reap it; there is nothing to follow";
        if (status.IsKernelThread)
            return $"{pid}: a kernel thread; only user processes can be followed";
        if (errno == Linux.ESRCH)
            return $"{pid}: it ended while it was being seized; check the pid with ps(1)";
        if (errno != Linux.EPERM)
            return $"{pid}: PTRACE_SEIZE failed: {Linux.Describe(errno)} (errno {errno})";
        return $"{pid}: {WhyNotPermitted(status)}";
    }

    /// <summary>Who traces a process, for the user; null if nobody does.</summary>
    internal static string? TracerOf(IKernel kernel, int pid) =>
        kernel.ReadStatus(pid, out ProcStatus status) == ProcOutcome.Read && status.TracerPid != 0
            ? NameOf(kernel, status.TracerPid)
            : null;

    private static string WhyNotPermitted(in ProcStatus status)
    {
        uint us = LibC.geteuid();
        if (us != 0 && status.Uid != us)
            return $"it belongs to uid {status.Uid} and we run as uid {us}; run as that user or as root";
        return YamaScope() switch
        {
            1 => "Yama allows to trace one's own descendants only (kernel.yama.ptrace_scope is 1); "
                + "run as root, or launch the command with forkfollow -- COMMAND",
            2 => "Yama allows tracing to CAP_SYS_PTRACE only (kernel.yama.ptrace_scope is 2); run as root",
            3 => "Yama forbids all tracing until the next boot (kernel.yama.ptrace_scope is 3)",
            _ => "the kernel does not permit it (the process is not dumpable, or a security module or container "
                + "forbids ptrace); run as root with CAP_SYS_PTRACE",
        };
    }

    private static int YamaScope()
    {
        try
        {
            return int.Parse(File.ReadAllText("/proc/sys/kernel/yama/ptrace_scope"), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // No such file: a kernel without Yama.
            return 0;
        }
    }

    /// <summary>TracerPid is the id of the tracing thread: its process is what the user knows.</summary>
    private static string NameOf(IKernel kernel, int tracer)
    {
        int pid = kernel.ReadStatus(tracer, out ProcStatus status) == ProcOutcome.Read ? status.Tgid : tracer;
        string comm = kernel.ReadName(pid);
        return comm.Length == 0 ? $"process {pid}" : $"{comm} (process {pid})";
    }
}
