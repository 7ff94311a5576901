using System.Buffers.Text;
using System.Text;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>What the tracer thread reads of a process in /proc.</summary>
internal sealed unsafe partial class LinuxKernel
{
    private const int ImageCapacity = 4096;
    private const long TickNs = 1_000_000_000 / 100;

    private readonly byte[] _path = GC.AllocateUninitializedArray<byte>(ImageCapacity, pinned: true);
    private readonly byte[] _comm = GC.AllocateUninitializedArray<byte>(64, pinned: true);

    /// <summary>The file of the image that was read last.</summary>
    private statx_t _file;

    /// <inheritdoc/>
    public ProcOutcome ReadStatus(int tid, out ProcStatus status)
    {
        ProcOutcome outcome = ProcFile.Read(tid, "status"u8, _proc, out ReadOnlySpan<byte> text);
        status = new()
        {
            Tgid = (int)ProcFile.Field(text, "\nTgid:"u8),
            ParentPid = (int)ProcFile.Field(text, "\nPPid:"u8),
            TracerPid = (int)ProcFile.Field(text, "\nTracerPid:"u8),
            Uid = (uint)ProcFile.Field(text, "\nUid:"u8),
            PeakRssBytes = ProcFile.Field(text, "\nVmHWM:"u8) * 1024,
            Switches = new(
                ProcFile.Field(text, "\nvoluntary_ctxt_switches:"u8), ProcFile.Field(text, "\nnonvoluntary_ctxt_switches:"u8)),
            IsZombie = text.IndexOf("\nState:\tZ"u8) >= 0 || text.IndexOf("\nState:\tX"u8) >= 0,
            IsKernelThread = ProcFile.Field(text, "\nKthread:"u8) == 1,
        };
        return outcome == ProcOutcome.Read && status.Tgid == 0 ? ProcOutcome.Failed : outcome;
    }

    /// <inheritdoc/>
    public bool ReadUsage(int pid, out UsageSample sample)
    {
        sample = default;
        long user = 0;
        long both = 0;
        if (!ReadCpuClock(pid, CpuClock.CPUCLOCK_SCHED, ref sample.CpuNs)
            || !ReadCpuClock(pid, CpuClock.CPUCLOCK_VIRT, ref user)
            || !ReadCpuClock(pid, CpuClock.CPUCLOCK_PROF, ref both))
        {
            return false;
        }

        Span<long> fields = stackalloc long[10];
        if (!ReadStat(pid, fields))
            return false;
        sample.UserTicksNs = user;
        sample.BothTicksNs = both;
        sample.MinorFaults = fields[6];
        sample.ChildMinorFaults = fields[7];
        sample.MajorFaults = fields[8];
        return true;
    }

    /// <inheritdoc/>
    public ExecView ReadImage(int pid)
    {
        ProcFile.Read(pid, "cmdline"u8, _proc, out ReadOnlySpan<byte> commandLine);
        return ReadImage(pid, commandLine);
    }

    /// <inheritdoc/>
    public ExecView ReadRunningImage(int pid) => ReadImage(pid, commandLine: default);

    private ExecView ReadImage(int pid, ReadOnlySpan<byte> commandLine)
    {
        ProcFile.ReadLink(pid, "exe"u8, _path, out ReadOnlySpan<byte> path);
        ProcFile.Read(pid, "comm"u8, _comm, out ReadOnlySpan<byte> comm);
        byte* exe = stackalloc byte[64];
        ProcFile.Compose(new(exe, 64), pid, "exe"u8);
        fixed (statx_t* file = &_file)
        {
            // Not asked anew of a file server that may be stuck: what it said when the file was opened will do.
            if (Linux.statx(LibC.AT_FDCWD, exe, Linux.AT_STATX_DONT_SYNC, Linux.STATX_BASIC_STATS | Linux.STATX_MNT_ID, file) != 0)
                _file = default;
        }

        return new(path, commandLine, comm.TrimEnd((byte)'\n'), _file.Identity, this, pid);
    }

    /// <inheritdoc/>
    public string ReadName(int pid) => ProcFile.ReadThreadName(pid, pid);

    /// <inheritdoc/>
    public bool IsDumpable(int pid)
    {
        // Not into the buffer of the image that observers look at; the ids are among the first lines.
        Span<byte> buffer = stackalloc byte[1024];
        return ProcFile.Read(pid, "status"u8, buffer, out ReadOnlySpan<byte> text) != ProcOutcome.Read
            || (ProcFile.Field(text, "\nUid:"u8) == ProcFile.EffectiveId(text, "\nUid:"u8)
                && ProcFile.Field(text, "\nGid:"u8) == ProcFile.EffectiveId(text, "\nGid:"u8));
    }

    /// <inheritdoc/>
    public void ReadChildren(int pid, int tid, List<int> children) => ReadChildren(_proc, pid, tid, children);

    /// <summary>
    /// The children of one thread; of all threads, told of the main thread, where the kernel has no such files
    /// (CONFIG_PROC_CHILDREN is off): then whoever names the process as its parent.
    /// </summary>
    internal static void ReadChildren(ProcBuffer buffer, int pid, int tid, List<int> children)
    {
        Span<byte> file = stackalloc byte[32];
        "task/"u8.CopyTo(file);
        Utf8Formatter.TryFormat(tid, file[5..], out int digits);
        "/children"u8.CopyTo(file[(5 + digits)..]);
        if (!HasChildrenFiles)
        {
            if (tid == pid)
                SearchChildren(buffer, pid, children);
            return;
        }

        ProcFile.Read(pid, file[..(5 + digits + 9)], buffer, out ReadOnlySpan<byte> text);
        while (Utf8Parser.TryParse(text, out int child, out int used))
        {
            children.Add(child);
            text = text[used..].TrimStart((byte)' ');
        }
    }

    /// <summary>Whether the kernel has /proc/PID/task/TID/children.</summary>
    internal static bool HasChildrenFiles { get; } = ProcFile.Read(
        Environment.ProcessId, Encoding.ASCII.GetBytes($"task/{Environment.ProcessId}/children"), out byte[] _) == ProcOutcome.Read;

    private static void SearchChildren(ProcBuffer buffer, int parent, List<int> children)
    {
        var all = new List<int>();
        ProcFile.ReadProcesses(all);
        Span<long> fields = stackalloc long[1];
        foreach (int pid in all)
        {
            ProcFile.Read(pid, "stat"u8, buffer, out ReadOnlySpan<byte> text);
            if (ProcFile.ParseStat(text, fields) && fields[0] == parent)
                children.Add(pid);
        }
    }

    /// <inheritdoc/>
    public void ReadThreads(int pid, List<int> threads) => ProcFile.ReadThreads(pid, threads);

    /// <inheritdoc/>
    public long ReadStart(int pid)
    {
        Span<long> fields = stackalloc long[19];
        return ReadStat(pid, fields) ? fields[18] : 0;
    }

    /// <inheritdoc/>
    public long ToTimestamp(long start)
    {
        // It counts from boot, time in suspend included; our timestamps do not.
        timespec boot = default;
        _ = Linux.clock_gettime(Linux.CLOCK_BOOTTIME, &boot);
        return (start * TickNs) - (boot.Nanoseconds() - Now());
    }

    private bool ReadStat(int pid, Span<long> fields)
    {
        ProcFile.Read(pid, "stat"u8, _proc, out ReadOnlySpan<byte> text);
        return ProcFile.ParseStat(text, fields);
    }

    private static bool ReadCpuClock(int pid, CpuClock clock, ref long nanoseconds)
    {
        timespec time;
        if (Linux.clock_gettime(Linux.ProcessCpuClock(pid, clock), &time) < 0)
            return false;
        nanoseconds = time.Nanoseconds();
        return true;
    }
}
