namespace ForkFollow.Host;

/// <summary>The capabilities that matter to us, by their numbers in linux/capability.h.</summary>
internal enum DoctorCapability
{
    /// <summary>CAP_KILL.</summary>
    Kill = 5,

    /// <summary>CAP_IPC_LOCK.</summary>
    IpcLock = 14,

    /// <summary>CAP_SYS_PTRACE.</summary>
    SysPtrace = 19,

    /// <summary>CAP_SYS_ADMIN.</summary>
    SysAdmin = 21,

    /// <summary>CAP_PERFMON (Linux 5.8).</summary>
    Perfmon = 38,

    /// <summary>CAP_BPF (Linux 5.8).</summary>
    Bpf = 39,
}
