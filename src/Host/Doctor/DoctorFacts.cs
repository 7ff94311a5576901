using System.Globalization;
using System.Runtime.InteropServices;
using ForkFollow.Collectors;
using ForkFollow.Collectors.Capture;

namespace ForkFollow.Host;

/// <summary>What the doctor found, without a judgement.</summary>
internal sealed record DoctorFacts
{
    /// <summary>The kernel's release, as <c>uname -r</c> has it.</summary>
    internal required string KernelRelease { get; init; }

    /// <summary>What we run on.</summary>
    internal Architecture Architecture { get; init; } = Architecture.X64;

    /// <summary>kernel.yama.ptrace_scope; null for a kernel without Yama.</summary>
    internal int? PtraceScope { get; init; }

    /// <summary>Why a command could not be launched and followed; null if it could.</summary>
    internal string? LaunchFailure { get; init; }

    /// <summary>kernel.perf_event_paranoid; null for a kernel without perf events.</summary>
    internal int? PerfEventParanoid { get; init; }

    /// <summary>The events that can be counted.</summary>
    internal IReadOnlyList<string> Events { get; init; } = [];

    /// <summary>Why none can be; null if some can.</summary>
    internal string? CountingFailure { get; init; }

    /// <summary>Only what happens in user mode can be counted.</summary>
    internal bool UserOnly { get; init; }

    /// <summary>What the collector <c>cpu</c> can do.</summary>
    internal ProfileCheck Cpu { get; init; } = new(Refusal: null);

    /// <summary>What the collector <c>offcpu</c> can do.</summary>
    internal ProfileCheck OffCpu { get; init; } = new(Refusal: null);

    /// <summary>What the collector <c>syscalls</c> can do; <c>trace</c> needs the same.</summary>
    internal ProfileCheck Syscalls { get; init; } = new(Refusal: null);

    /// <summary>The effective capabilities, a bit each (capability.h).</summary>
    internal ulong Capabilities { get; init; }

    /// <summary>0: none, 1: strict, 2: a filter (proc(5)).</summary>
    internal int SeccompMode { get; init; }

    /// <summary>Where tracefs is mounted; null if it is not.</summary>
    internal string? TracefsMount { get; init; }

    /// <summary>Why tracepoints cannot be read, with its remedy; null if they can, where tracefs is mounted or by a mount of our own.</summary>
    internal string? TracepointRefusal { get; init; }

    /// <summary>How much memory may be locked (the soft limit), bytes; null for no limit.</summary>
    internal long? LockedMemoryLimit { get; init; }

    /// <summary>How many files may be open (the hard limit); null for no limit.</summary>
    internal long? OpenFilesLimit { get; init; }

    /// <summary>Whether /proc lists the children of a process (CONFIG_PROC_CHILDREN).</summary>
    internal bool HasChildrenFiles { get; init; }

    /// <summary>What says that we are in a container; null if nothing does.</summary>
    internal string? ContainerHint { get; init; }

    /// <summary>The file with settings of a command; null for none.</summary>
    internal string? SettingFile { get; init; }

    /// <summary>What is wrong with the settings of a command, a line each.</summary>
    internal IReadOnlyList<string> SettingFaults { get; init; } = [];

    /// <summary>What is wrong with those of the service, if it has a file of its own.</summary>
    internal IReadOnlyList<string> ServiceSettingFaults { get; init; } = [];

    /// <summary>The kernel's version; 0.0 if it cannot be read.</summary>
    internal Version KernelVersion
    {
        get
        {
            string[] parts = KernelRelease.Split('.', '-', '+');
            return parts.Length >= 2 && int.TryParse(parts[0], out int major) && int.TryParse(parts[1], out int minor)
                ? new(major, minor)
                : new(0, 0);
        }
    }

    /// <summary>Whether we have a capability.</summary>
    internal bool Has(DoctorCapability capability) => (Capabilities & (1UL << (int)capability)) != 0;

    /// <summary>Looks, and tries. Takes the time of a short command.</summary>
    /// <param name="settings">The file with settings that is named; null for the user's own.</param>
    internal static DoctorFacts Gather(string? settings = null)
    {
        string status = ReadText("/proc/self/status") ?? "";
        string limits = ReadText("/proc/self/limits") ?? "";
        (string? file, IReadOnlyList<string> faults) = SettingFiles.Check(settings, service: false);
        (string? ofService, IReadOnlyList<string> serviceFaults) = SettingFiles.Check(settings, service: true);
        using CounterSettings? counters = CounterSettings.Probe(out string? refusal);
        return new()
        {
            KernelRelease = ReadText("/proc/sys/kernel/osrelease")?.Trim() ?? "unknown",
            Architecture = RuntimeInformation.ProcessArchitecture,
            PtraceScope = ReadNumber("/proc/sys/kernel/yama/ptrace_scope"),
            LaunchFailure = DoctorLaunch.TryAsync().GetAwaiter().GetResult(),
            PerfEventParanoid = ReadNumber("/proc/sys/kernel/perf_event_paranoid"),
            Events = counters?.Events ?? [],
            CountingFailure = refusal,
            UserOnly = counters?.UserOnly ?? false,
            Cpu = ProfileSession.Check(new() { Cpu = true }),
            OffCpu = ProfileSession.Check(new() { OffCpu = true }),
            Syscalls = ProfileSession.Check(new() { Syscalls = true }),
            Capabilities = DoctorFiles.Hexadecimal(status, "CapEff"),
            SeccompMode = (int)DoctorFiles.Hexadecimal(status, "Seccomp"),
            TracefsMount = DoctorFiles.FindMount(ReadText("/proc/self/mounts") ?? "", "tracefs"),
            TracepointRefusal = ProfileSession.TracepointRefusal,
            LockedMemoryLimit = DoctorFiles.Limit(limits, "Max locked memory", hard: false),

            // The runtime raises the soft limit to the hard one.
            OpenFilesLimit = DoctorFiles.Limit(limits, "Max open files", hard: true),
            HasChildrenFiles = File.Exists(
                string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/children")),
            ContainerHint = FindContainer(),
            SettingFile = file,
            SettingFaults = faults,
            ServiceSettingFaults = ofService is null || ofService == file ? [] : serviceFaults,
        };
    }

    private static string? FindContainer()
    {
        if (File.Exists("/.dockerenv"))
            return "/.dockerenv exists";
        if (File.Exists("/run/.containerenv"))
            return "/run/.containerenv exists";
        string? manager = Environment.GetEnvironmentVariable("container");
        return manager is null ? null : "the environment says container=" + manager;
    }

    private static int? ReadNumber(string path) =>
        int.TryParse(ReadText(path), NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
