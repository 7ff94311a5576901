using ForkFollow.Symbols;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// What the records of a stream have told of one process so far: where its code is, its threads, and sums that are written
/// at its end. It is of one incarnation of a pid. Reader thread.
/// </summary>
internal sealed class ProcessImage(int pid, CodeMap code, string name)
{
    // Thousands of processes have none of these: what is made for each birth is paid by the garbage collector.
    private Dictionary<(int Thread, int Stack), WaitSum>? _waits;
    private Dictionary<int, long>? _eventCounts;
    private Dictionary<(int Event, int Thread, int Stack), long>? _traces;

    internal int Pid { get; } = pid;

    internal CodeMap Code { get; } = code;

    /// <summary>The name of its main thread, which new threads have at first.</summary>
    internal string Name { get; set; } = name;

    /// <summary>It was seen to have our root directory, or its parent was when it was forked.</summary>
    internal bool SeesOwnRoot { get; set; }

    /// <summary>The time of a record of it.</summary>
    internal long LastSeen { get; set; }

    /// <summary>The followed process; null until it is known.</summary>
    internal ProcessResult? Result { get; set; }

    internal Dictionary<int, ThreadImage> Threads { get; } = [];

    /// <summary>Code that it made itself; null while there is none. A new one after each exec.</summary>
    internal JitCode? Jit { get; set; }

    internal long Samples { get; set; }

    internal long Lost { get; set; }

    /// <summary>Its waits, added up over all stacks.</summary>
    internal long WaitCount { get; set; }

    internal long WaitNs { get; set; }

    internal long RunQueueNs { get; set; }

    /// <summary>Waits by stack that are not written yet.</summary>
    internal Dictionary<(int Thread, int Stack), WaitSum> Waits => _waits ??= [];

    internal bool HasWaits => _waits is { Count: > 0 };

    /// <summary>How often each traced event happened.</summary>
    internal Dictionary<int, long> EventCounts => _eventCounts ??= [];

    internal bool HasEvents => _eventCounts is not null;

    /// <summary>Traced events by stack that are not written yet.</summary>

    internal Dictionary<(int Event, int Thread, int Stack), long> Traces => _traces ??= [];

    internal bool HasTraces => _traces is { Count: > 0 };

    /// <summary>Its system calls by number; null if there was none.</summary>
    internal Dictionary<int, SyscallSum>? Syscalls { get; set; }

    internal ThreadImage Thread(int tid)
    {
        if (Threads.TryGetValue(tid, out ThreadImage? thread))
            return thread;
        thread = new() { Tid = tid, Name = Name };
        Threads.Add(tid, thread);
        return thread;
    }
}

/// <summary>What is known of a thread, and what it is in the middle of.</summary>
internal sealed class ThreadImage
{
    private int[] _owners = [];

    internal required int Tid { get; init; }

    internal required string Name { get; set; }

    /// <summary>Its number in the recording; -1 while nothing refers to it.</summary>
    internal int Number { get; set; } = -1;

    /// <summary>When it left its CPU; 0 if it is on one, or that is not known.</summary>
    internal long OffCpuSince { get; set; }

    /// <summary>It was still ready to run when it left.</summary>
    internal bool Preempted { get; set; }

    /// <summary>When it became ready again; 0 if that was not seen.</summary>
    internal long ReadySince { get; set; }

    /// <summary>Where it left its CPU.</summary>
    internal int OffCpuStack { get; set; }

    /// <summary>The system call that it is in; -1 if in none.</summary>
    internal int Syscall { get; set; } = -1;

    internal long SyscallSince { get; set; }

    /// <summary>Whether records of an event that this owner opened count: only those of the first one do.</summary>
    internal bool Accepts(int eventIndex, int owner)
    {
        if (eventIndex >= _owners.Length)
            Array.Resize(ref _owners, eventIndex + 1);
        ref int first = ref _owners[eventIndex];
        if (first == 0)
            first = owner;
        return first == owner;
    }

    /// <summary>Its events were opened anew: those from before are dead.</summary>
    internal void ForgetOwners() => _owners = [];
}

/// <summary>Waits at one place, added up.</summary>
internal sealed class WaitSum
{
    internal long Count { get; set; }

    internal long WaitNs { get; set; }

    internal long RunQueueNs { get; set; }
}
