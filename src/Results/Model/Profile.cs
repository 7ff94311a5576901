namespace ForkFollow.Results;

/// <summary>Where the code of a frame is.</summary>
public enum FrameKind
{
    /// <summary>A file that the process has mapped: its executable or a shared library, or the vdso.</summary>
    User,

    /// <summary>The kernel or a module of it.</summary>
    Kernel,

    /// <summary>Code that the process made itself (a just-in-time compiler), or memory that belongs to no file.</summary>
    Jit,
}

/// <summary>A file with code, or the kernel, or the code that one process made itself.</summary>
/// <param name="Path">Its path in the target's mount namespace; <c>[kernel]</c>, <c>[vdso]</c>, <c>[jit]</c> or
/// <c>[unknown]</c>.</param>
/// <param name="BuildId">Its GNU build id, in hexadecimal; empty if it has none.</param>
/// <param name="Kind">Of what kind.</param>
public sealed record ProfileModule(string Path, string BuildId, FrameKind Kind)
{
    /// <summary>The path of what is in no mapping: where a chain of frame pointers has broken off.</summary>
    public const string Unknown = "[unknown]";

    /// <summary>The last part of the path.</summary>
    public string Name => Path is ['[', ..] ? Path : System.IO.Path.GetFileName(Path.Replace(" (deleted)", ""));
}

/// <summary>
/// One place in the code. Frames of one function at several addresses are several frames: merge by
/// <see cref="Function"/> and <see cref="Module"/> where functions are shown.
/// </summary>
/// <param name="Function">The function, demangled; <c>module+0xoffset</c> if there is no symbol. Never empty.</param>
/// <param name="Module">Index in <see cref="Profile.Modules"/>.</param>
/// <param name="Address">The offset in the module's file; the address for the kernel and for code of a JIT.</param>
public sealed record ProfileFrame(string Function, int Module, ulong Address);

/// <summary>
/// Call stacks as a tree that shares what they have in common. Node 0 is the empty stack; every other node is a frame on
/// top of its parent's stack, and parents come before their children.
/// </summary>
/// <param name="Parents">For each node its parent: what called it. 0 for the outermost frame; for node 0 itself 0.</param>
/// <param name="Frames">For each node the index of its frame in <see cref="Profile.Frames"/>; for node 0 it is -1.</param>
public sealed record StackTable(IReadOnlyList<int> Parents, IReadOnlyList<int> Frames)
{
    /// <summary>The frames of a stack, innermost first.</summary>
    public IEnumerable<int> FramesOf(int node)
    {
        for (; node != 0; node = Parents[node])
            yield return Frames[node];
    }
}

/// <summary>A thread that was seen by a collector.</summary>
/// <param name="ProcessId">Its process, by <see cref="RecordedProcess.Id"/>.</param>
/// <param name="Tid">Its thread id.</param>
/// <param name="Name">Its last command name.</param>
public sealed record ProfileThread(int ProcessId, int Tid, string Name);

/// <summary>A thread was found on a CPU.</summary>
/// <param name="TimeNs">When, from the start of the run.</param>
/// <param name="Thread">Index in <see cref="Profile.Threads"/>.</param>
/// <param name="Stack">Its stack: a node of <see cref="Profile.Stacks"/>.</param>
/// <param name="Weight">How much CPU time it stands for: nanoseconds, or cycles where cycles were sampled.</param>
public readonly record struct CpuSample(long TimeNs, int Thread, int Stack, long Weight);

/// <summary>A thread waited at one place, all its waits there added up.</summary>
/// <param name="Thread">Index in <see cref="Profile.Threads"/>.</param>
/// <param name="Stack">Where it left the CPU: a node of <see cref="Profile.Stacks"/>.</param>
/// <param name="Count">How often.</param>
/// <param name="WaitNs">How long it waited.</param>
/// <param name="RunQueueNs">How long it was ready and had no CPU.</param>
public readonly record struct WaitPlace(int Thread, int Stack, long Count, long WaitNs, long RunQueueNs);

/// <summary>A traced event happened at one place.</summary>
/// <param name="Event">Index in <see cref="Profile.TraceEvents"/>.</param>
/// <param name="Thread">Index in <see cref="Profile.Threads"/>.</param>
/// <param name="Stack">Where: a node of <see cref="Profile.Stacks"/>.</param>
/// <param name="Count">How often.</param>
public readonly record struct TracePlace(int Event, int Thread, int Stack, long Count);

/// <summary>What was sampled in a run. Immutable; any thread.</summary>
public sealed record Profile
{
    /// <summary>Nothing was sampled.</summary>
    public static Profile Empty { get; } = new();

    /// <summary>The event that <see cref="Samples"/> come from, cpu-clock or cycles; null if CPU time was not sampled.</summary>
    public string? CpuEvent { get; init; }

    /// <summary>How often CPUs were sampled, in Hz.</summary>
    public int Frequency { get; init; }

    /// <summary>Only what happened in user mode was seen.</summary>
    public bool UserOnly { get; init; }

    /// <summary>CPUs were sampled, not processes: one that used less CPU time than a period has its share of the samples.</summary>
    public bool WholeMachine { get; init; }

    /// <summary>Whether the functions of all frames that have one are known.</summary>
    public bool HasSymbols { get; init; } = true;

    /// <summary>Where code is.</summary>
    public IReadOnlyList<ProfileModule> Modules { get; init; } = [];

    /// <summary>Places in the code.</summary>
    public IReadOnlyList<ProfileFrame> Frames { get; init; } = [];

    /// <summary>Call stacks.</summary>
    public StackTable Stacks { get; init; } = new([0], [-1]);

    /// <summary>Threads, those of a process in the order they were seen.</summary>
    public IReadOnlyList<ProfileThread> Threads { get; init; } = [];

    /// <summary>CPU samples, in order of time.</summary>
    public IReadOnlyList<CpuSample> Samples { get; init; } = [];

    /// <summary>Waits by thread and stack.</summary>
    public IReadOnlyList<WaitPlace> Waits { get; init; } = [];

    /// <summary>The names of traced events.</summary>
    public IReadOnlyList<string> TraceEvents { get; init; } = [];

    /// <summary>Traced events by thread and stack.</summary>
    public IReadOnlyList<TracePlace> Traces { get; init; } = [];
}
