using System.Globalization;
using System.Runtime.InteropServices;
using static ForkFollow.Host.DoctorVerdict;

namespace ForkFollow.Host;

/// <summary>Judges each fact by itself. Changes nothing and asks nothing: the same facts give the same lines.</summary>
internal static class DoctorChecks
{
    /// <summary>The files of our own and of the runtime, and a margin.</summary>
    private const int OwnFiles = 256;

    private const int ManyProcesses = 1000;
    private const long EnoughLockedMemory = 1_000_000;

    private static readonly Version _seize = new(3, 4);
    private static readonly Version _inheritThread = new(5, 13);

    private static readonly (DoctorCapability Capability, string Name, string Gives)[] _capabilities =
    [
        (DoctorCapability.SysPtrace, "CAP_SYS_PTRACE", "to follow processes of other users, and set-id programs"),
        (DoctorCapability.Perfmon, "CAP_PERFMON", "to count and sample in the kernel, whatever perf_event_paranoid says"),
        (DoctorCapability.SysAdmin, "CAP_SYS_ADMIN", "stands for CAP_PERFMON and CAP_BPF on kernels before 5.8"),
        (DoctorCapability.Bpf, "CAP_BPF", "for BPF programs; no collector of this version needs it"),
        (DoctorCapability.IpcLock, "CAP_IPC_LOCK", "to have sample buffers beyond the limit of locked memory"),
        (DoctorCapability.Kill, "CAP_KILL", "to end launched programs that changed their user"),
    ];

    /// <summary>A line for each.</summary>
    internal static IEnumerable<DoctorItem> Judge(DoctorFacts facts) =>
    [
        Kernel(facts),
        Machine(facts),
        PtraceScope(facts),
        Ptrace(facts),
        Paranoid(facts),
        Counting(facts),
        Pmu(facts),
        .. _capabilities.Select(one => Capability(facts, one.Capability, one.Name, one.Gives)),
        Tracefs(facts),
        LockedMemory(facts),
        OpenFiles(facts),
        ChildrenFiles(facts),
        Seccomp(facts),
        Container(facts),
        .. Settings(facts),
    ];

    private static IEnumerable<DoctorItem> Settings(DoctorFacts facts)
    {
        const string Name = "settings";
        if (facts.SettingFaults.Count == 0)
            yield return new(Ok, Name, facts.SettingFile ?? "no file: the defaults");
        foreach (string fault in facts.SettingFaults)
            yield return new(Limited, Name, fault);
        foreach (string fault in facts.ServiceSettingFaults)
            yield return new(Limited, "settings of service", fault);
    }

    private static DoctorItem Kernel(DoctorFacts facts)
    {
        const string Name = "kernel";
        string release = facts.KernelRelease;
        if (facts.KernelVersion < _seize)
            return new(Missing, Name, release + " cannot seize processes (PTRACE_SEIZE is in 3.4)", "use a newer kernel");
        return facts.KernelVersion < _inheritThread
            ? new(Limited, Name, release + " has no counters that threads alone inherit", "5.13 or later has them")
            : new(Ok, Name, release);
    }

    private static DoctorItem Machine(DoctorFacts facts)
    {
        string name = facts.Architecture.ToString();
        return facts.Architecture is Architecture.X64 or Architecture.Arm64
            ? new(Ok, "architecture", name)
            : new(Limited, "architecture", name + " was never tried: names of signals may be wrong", "use x86-64 or arm64");
    }

    private static DoctorItem PtraceScope(DoctorFacts facts)
    {
        const string Name = "yama ptrace_scope";
        const string Remedy = "sysctl kernel.yama.ptrace_scope=0, or run with CAP_SYS_PTRACE";
        bool privileged = facts.Has(DoctorCapability.SysPtrace);
        return facts.PtraceScope switch
        {
            null => new(Ok, Name, "this kernel is without Yama: nothing is restricted"),
            0 => new(Ok, Name, "0: nothing is restricted"),
            1 or 2 when privileged => new(Ok, Name, $"{facts.PtraceScope}: does not bind us, who have CAP_SYS_PTRACE"),
            1 => new(Limited, Name, "1: only what we launch ourselves can be followed", Remedy),
            2 => new(Missing, Name, "2: ptrace is for CAP_SYS_PTRACE alone", Remedy),
            _ => new(Missing, Name, $"{facts.PtraceScope}: ptrace is forbidden until the next boot", "set it and boot"),
        };
    }

    private static DoctorItem Ptrace(DoctorFacts facts) => facts.LaunchFailure is null
        ? new(
            Ok, "ptrace",
            "a command was launched and followed to its end; what is followed sees EINTR from epoll_wait and the like at ignored signals, and "
            + "LeakSanitizer, gdb and strace fail in it (docs/limits.md)")
        : new(
            Missing, "ptrace", facts.LaunchFailure,
            "in a container: --cap-add=SYS_PTRACE, and a seccomp profile that allows ptrace");

    private static DoctorItem Paranoid(DoctorFacts facts)
    {
        const string Name = "perf_event_paranoid";
        const string Remedy = "sysctl kernel.perf_event_paranoid=1, or run with CAP_PERFMON";
        bool privileged = facts.Has(DoctorCapability.Perfmon) || facts.Has(DoctorCapability.SysAdmin);
        return facts.PerfEventParanoid switch
        {
            null => new(Missing, Name, "this kernel has no perf events", "use one with CONFIG_PERF_EVENTS"),
            <= 1 => new(Ok, Name, $"{facts.PerfEventParanoid}"),
            _ when privileged => new(Ok, Name, $"{facts.PerfEventParanoid}: does not bind us, who have the capability"),
            2 => new(Limited, Name, "2: only what happens in user mode may be counted", Remedy),
            _ => new(Limited, Name, $"{facts.PerfEventParanoid}: from 3 on, some kernels forbid all counting", Remedy),
        };
    }

    private static DoctorItem Counting(DoctorFacts facts) => facts switch
    {
        // The refusal has its remedy within.
        { CountingFailure: { } failure } => new(Missing, "counters", failure),
        { UserOnly: true } => new(Limited, "counters", string.Join(", ", facts.Events) + "; in user mode only"),
        _ => new(Ok, "counters", string.Join(", ", facts.Events)),
    };

    private static DoctorItem Pmu(DoctorFacts facts) => facts.Events.Contains("cycles")
        ? new(Ok, "hardware counters", "the CPU counts cycles and instructions")
        : new(Limited, "hardware counters", "no cycles and instructions", "in a virtual machine: have its host pass the PMU on");

    private static DoctorItem Capability(DoctorFacts facts, DoctorCapability capability, string name, string gives) =>
        facts.Has(capability) ? new(Ok, name, gives) : new(Missing, name, gives, "run as root");

    private static DoctorItem Tracefs(DoctorFacts facts) => facts switch
    {
        // What and why; the remedy.
        { TracepointRefusal: { } refusal } when refusal.Split("; ", 2) is var parts =>
            new(facts.TracefsMount is null ? Missing : Limited, "tracefs", parts[0], parts.Length > 1 ? parts[1] : null),
        { TracefsMount: null } => new(Ok, "tracefs", "not mounted, and mounted for ourselves alone when tracepoints are read"),
        _ => new(Ok, "tracefs", facts.TracefsMount),
    };

    private static DoctorItem LockedMemory(DoctorFacts facts)
    {
        const string Name = "locked memory";
        if (facts.LockedMemoryLimit is not { } limit)
            return new(Ok, Name, "no limit");
        return limit >= EnoughLockedMemory || facts.Has(DoctorCapability.IpcLock)
            ? new(Ok, Name, Units.Bytes(limit))
            : new(Limited, Name, Units.Bytes(limit) + ": little room for sample buffers", "raise it (ulimit -l)");
    }

    private static DoctorItem OpenFiles(DoctorFacts facts)
    {
        const string Name = "open files";
        if (facts.OpenFilesLimit is not { } limit)
            return new(Ok, Name, "no limit");
        if (facts.Events.Count == 0)
            return new(Ok, Name, Units.Exact(limit) + "; following alone needs none for each process");

        // Each counter of each process is a file; an attached process needs them for each thread that it has by then.
        long processes = Math.Max(0, limit - OwnFiles) / facts.Events.Count;
        string finding = string.Create(
            CultureInfo.InvariantCulture,
            $"{Units.Exact(limit)}: enough to count for about {Units.Exact(processes)} processes at a time");
        return processes >= ManyProcesses
            ? new(Ok, Name, finding)
            : new(Limited, Name, finding, "raise the hard limit (ulimit -Hn, or LimitNOFILE= of the service)");
    }

    private static DoctorItem ChildrenFiles(DoctorFacts facts) => facts.HasChildrenFiles
        ? new(Ok, "children in /proc", "/proc/PID/task/TID/children is there")
        : new(
            Limited, "children in /proc", "-p will not find the children that a target has already",
            "name them too, or use a kernel with CONFIG_PROC_CHILDREN");

    private static DoctorItem Seccomp(DoctorFacts facts) => facts switch
    {
        { SeccompMode: 0 } => new(Ok, "seccomp", "no filter binds us"),
        { LaunchFailure: null, CountingFailure: null } =>
            new(Ok, "seccomp", "a filter binds us, and lets through what we need"),
        _ => new(
            Limited, "seccomp", "a filter binds us, and may be what forbids the above",
            "use a profile that allows ptrace and perf_event_open (docker: --security-opt seccomp=PROFILE)"),
    };

    private static DoctorItem Container(DoctorFacts facts) => facts.ContainerHint is null
        ? new(Ok, "container", "none that we can see")
        : new(Ok, "container", $"this is one ({facts.ContainerHint}): only what runs in it can be seen and followed");
}
