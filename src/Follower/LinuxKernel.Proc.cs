using System.Buffers.Text;
using ForkFollow.Follower.Interop;

namespace ForkFollow.Follower;

/// <summary>What the tracer thread reads of a process in /proc.</summary>
internal sealed unsafe partial class LinuxKernel
{
    private const int ImageCapacity = 4096;
    private const long TickNs = 1_000_000_000 / 100;
    private const uint SetUid = 0x800;
    private const uint SetGid = 0x400;
    private const int StatxTypeModeIds = 0x1 | 0x2 | 0x8 | 0x10;

    private readonly byte[] _path = GC.AllocateUninitializedArray<byte>(ImageCapacity, pinned: true);
    private readonly byte[] _comm = GC.AllocateUninitializedArray<byte>(64, pinned: true);

    /// <inheritdoc/>
    public bool ReadStatus(int tid, out ProcStatus status)
    {
        ReadOnlySpan<byte> text = _proc.Read(tid, "status"u8);
        status = new()
        {
            Tgid = (int)ProcFs.Field(text, "\nTgid:"u8),
            ParentPid = (int)ProcFs.Field(text, "\nPPid:"u8),
            TracerPid = (int)ProcFs.Field(text, "\nTracerPid:"u8),
            Uid = (uint)ProcFs.Field(text, "\nUid:"u8),
            PeakRssBytes = ProcFs.Field(text, "\nVmHWM:"u8) * 1024,
            VoluntarySwitches = ProcFs.Field(text, "\nvoluntary_ctxt_switches:"u8),
            InvoluntarySwitches = ProcFs.Field(text, "\nnonvoluntary_ctxt_switches:"u8),
            IsZombie = text.IndexOf("\nState:\tZ"u8) >= 0 || text.IndexOf("\nState:\tX"u8) >= 0,
            IsKernelThread = ProcFs.Field(text, "\nKthread:"u8) == 1,
        };
        return status.Tgid != 0;
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
        if (!ProcFs.ParseStat(_proc.Read(pid, "stat"u8), fields))
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
        ReadOnlySpan<byte> path = _proc.ReadLink(pid, "exe"u8);
        path = path[..Math.Min(path.Length, ImageCapacity)];
        path.CopyTo(_path);
        ReadOnlySpan<byte> comm = _proc.Read(pid, "comm"u8).TrimEnd((byte)'\n');
        comm = comm[..Math.Min(comm.Length, _comm.Length)];
        comm.CopyTo(_comm);
        ReadOnlySpan<byte> commandLine = _proc.Read(pid, "cmdline"u8);
        return new(_path.AsSpan(0, path.Length), commandLine, _comm.AsSpan(0, comm.Length));
    }

    /// <inheritdoc/>
    public bool RunsWithoutItsPrivileges(int pid)
    {
        byte* path = stackalloc byte[64];
        ProcFs.Compose(path, pid, "exe"u8);
        statx_t file = default;
        if (LibC.statx(LibC.AT_FDCWD, path, 0, StatxTypeModeIds, &file) < 0)
            return false;
        if ((file.stx_mode & (SetUid | SetGid)) == 0)
            return false;

        ReadOnlySpan<byte> text = _proc.Read(pid, "status"u8);
        return ((file.stx_mode & SetUid) != 0 && EffectiveId(text, "\nUid:"u8) != file.stx_uid)
            || ((file.stx_mode & SetGid) != 0 && EffectiveId(text, "\nGid:"u8) != file.stx_gid);
    }

    /// <inheritdoc/>
    public void ReadChildren(int pid, int tid, List<int> children) => ReadChildren(_proc, pid, tid, children);

    internal static void ReadChildren(ProcFs proc, int pid, int tid, List<int> children)
    {
        Span<byte> file = stackalloc byte[32];
        "task/"u8.CopyTo(file);
        Utf8Formatter.TryFormat(tid, file[5..], out int digits);
        "/children"u8.CopyTo(file[(5 + digits)..]);
        ReadOnlySpan<byte> text = proc.Read(pid, file[..(5 + digits + 9)]);
        while (Utf8Parser.TryParse(text, out int child, out int used))
        {
            children.Add(child);
            text = text[used..].TrimStart((byte)' ');
        }
    }

    /// <inheritdoc/>
    public void ReadThreads(int pid, List<int> threads)
    {
        try
        {
            foreach (string path in Directory.EnumerateDirectories($"/proc/{pid}/task"))
            {
                if (int.TryParse(Path.GetFileName(path.AsSpan()), out int tid))
                    threads.Add(tid);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process is gone, or ended while we read: what was read until then is all there is.
        }
    }

    /// <inheritdoc/>
    public long ReadStartTime(int pid)
    {
        Span<long> fields = stackalloc long[19];
        if (!ProcFs.ParseStat(_proc.Read(pid, "stat"u8), fields))
            return 0;

        // Field 22 counts from boot, time in suspend included; our timestamps do not.
        timespec boot = default;
        _ = LibC.clock_gettime(LibC.CLOCK_BOOTTIME, &boot);
        return (fields[18] * TickNs) - (boot.Nanoseconds - Now());
    }

    private static bool ReadCpuClock(int pid, CpuClock clock, ref long nanoseconds)
    {
        timespec time;
        if (LibC.clock_gettime(LibC.ProcessCpuClock(pid, clock), &time) < 0)
            return false;
        nanoseconds = time.Nanoseconds;
        return true;
    }

    /// <summary>The second of the four ids of a Uid or Gid line.</summary>
    private static long EffectiveId(ReadOnlySpan<byte> status, ReadOnlySpan<byte> key)
    {
        int at = status.IndexOf(key);
        if (at < 0)
            return -1;
        ReadOnlySpan<byte> ids = status[(at + key.Length)..].TrimStart((byte)'\t');
        int tab = ids.IndexOf((byte)'\t');
        return tab >= 0 && Utf8Parser.TryParse(ids[(tab + 1)..], out uint id, out _) ? id : -1;
    }
}
