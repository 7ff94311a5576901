using System.Text;

namespace ForkFollow.Follower;

/// <summary>
/// Execs. The event comes under the leader's tid, whichever thread called exec; its message is that thread's former
/// tid. All other threads are gone by then, some of them without a report.
/// </summary>
internal sealed partial class Tracer
{
    private const string WithoutPrivileges =
        "without its set-uid or set-gid privileges, since its tracer lacks CAP_SYS_PTRACE: follow it as root";

    /// <summary>Names that recur (400 × /usr/lib/gcc/…/cc1) are kept once.</summary>
    private readonly Dictionary<int, string> _names = [];

    private readonly CommandLines _commandLines = new();
    private byte[] _imageBytes = new byte[4096];
    private int _pathLength;
    private int _commandLineLength;
    private int _commLength;

    /// <summary>Makes the nodes true after an exec: one thread is left, and it has the leader's tid.</summary>
    private void TakeOverLeader(int pid)
    {
        // A thread that took over its leader's tid refuses every request (ESRCH) until its event has been waited for; a peek
        // is not enough (looks_like_a_spurious_pid in the kernel's ptrace.c, since 5.13). No signal is lost by it.
        if (!_kernel.GetEventMessage(pid, out long message)
            && !(_kernel.ConsumeStop(pid) && _kernel.GetEventMessage(pid, out message)))
        {
            return;
        }

        int formerTid = (int)message;
        if (formerTid != pid && _tracees.Remove(formerTid, out Tracee? caller))
        {
            if (_tracees.Remove(pid, out Tracee? leader))
            {
                leader.Process?.Account.LoseThread();
                _stock.Return(leader);
            }

            caller.Rename(pid);
            _tracees[pid] = caller;
        }

        if (!_tracees.TryGetValue(pid, out Tracee? survivor) || survivor.Process is not { } process)
            return;
        if (process.LiveThreads > 1 || formerTid != pid)
            DropThreads(process, except: survivor);
        process.LiveThreads = 1;
        process.LeaderTraced = true;
    }

    /// <summary>While the process is held: observers learn of its new program.</summary>
    private void Execed(Tracee tracee, FollowedProcess process)
    {
        PassGate(process);
        EndLooks(process); // the files of the program before are free now
        process.OpenLooks();
        Figures.CountExec();
        GiveExitStop(tracee);
        ExecView image = ReadImage(process.Pid);
        _observer.Execed(process, image);
        process.LacksPrivileges = _kernel.TakesPrivileges(process.Pid);
    }

    /// <summary>Once it runs again: its program enters the record.</summary>
    private void RecordImage(FollowedProcess process)
    {
        ExecImage image = TakeImage(process, sawExec: true);
        process.AddExec(image);
        if (process.LacksPrivileges)
        {
            // What comes of it shows when it ends: many such programs need them for a part of their work alone.
            Enter(new(LedgerKind.WithoutPrivileges, process.Pid, $"{process.Pid} runs {image.Path} {WithoutPrivileges}"));
        }
    }

    /// <summary>The program that was read last, for the record.</summary>
    private ExecImage TakeImage(FollowedProcess process, bool sawExec)
    {
        ReadOnlySpan<byte> bytes = _imageBytes;
        string path = Text(bytes[.._pathLength]);
        long cut = _commandLines.Cut;
        byte[] commandLine = _commandLines.Keep(bytes.Slice(_pathLength, _commandLineLength));
        process.Comm = Text(bytes.Slice(_pathLength + _commandLineLength, _commLength));
        if (cut == 0 && _commandLines.Cut > 0)
        {
            Note(new(
                LedgerKind.Collector, process.Pid,
                "long command lines fill 64 MiB: from now on they are kept to 1,024 bytes, and end in …"));
        }

        return new(_noticed, path, commandLine, sawExec ? process.Comm : "");
    }

    /// <summary>Reads the program into a buffer of ours, where it stays until the next exec.</summary>
    private ExecView ReadImage(int pid)
    {
        ExecView image = _kernel.ReadImage(pid);
        Keep(image);
        return image;
    }

    private void Keep(in ExecView image)
    {
        int length = image.Path.Length + image.CommandLine.Length + image.Comm.Length;
        if (length > _imageBytes.Length)
            Array.Resize(ref _imageBytes, Math.Max(length, _imageBytes.Length * 2));

        Span<byte> target = _imageBytes;
        _pathLength = image.Path.Length;
        _commandLineLength = image.CommandLine.Length;
        _commLength = image.Comm.Length;
        image.Path.CopyTo(target);
        image.CommandLine.CopyTo(target[_pathLength..]);
        image.Comm.CopyTo(target[(_pathLength + _commandLineLength)..]);
    }

    private string Text(ReadOnlySpan<byte> bytes)
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        int key = hash.ToHashCode();
        if (_names.TryGetValue(key, out string? name) && Encoding.UTF8.GetByteCount(name) == bytes.Length
            && IsUtf8Of(name, bytes))
        {
            return name;
        }

        name = Encoding.UTF8.GetString(bytes);
        if (_names.Count < 65_536)
            _names[key] = name;
        return name;
    }

    private static bool IsUtf8Of(string text, ReadOnlySpan<byte> bytes)
    {
        Span<byte> encoded = bytes.Length <= 1024 ? stackalloc byte[bytes.Length] : new byte[bytes.Length];
        return Encoding.UTF8.TryGetBytes(text, encoded, out int written) && written == bytes.Length
            && encoded.SequenceEqual(bytes);
    }

    private void DropThreads(FollowedProcess process, Tracee? except)
    {
        _scratch.Clear();
        foreach (Tracee tracee in _tracees.Values)
        {
            if (tracee.Process == process && tracee != except)
                _scratch.Add(tracee.Tid);
        }

        foreach (int tid in _scratch)
        {
            if (_tracees.Remove(tid, out Tracee? gone))
                _stock.Return(gone);
            process.Account.LoseThread();
            _adoptedEarly.Remove(tid);
        }
    }
}
