using System.Globalization;
using System.Text.Json.Serialization;

namespace ForkFollow.Results;

/// <summary>
/// A run as its result directory holds it: the processes of tree.json and what was sampled of them. All writers of result
/// files work from it alone, so that <c>forkfollow report</c> makes the same files from a directory as the end of a run.
/// Immutable; any thread.
/// </summary>
public sealed record RecordedRun
{
    /// <summary>The version of ForkFollow that recorded it.</summary>
    public required string Version { get; init; }

    /// <summary>When the run began, by the wall clock. All times count in nanoseconds from then, by CLOCK_MONOTONIC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took us: before the tree and after it there is work of our own.</summary>
    public required long DurationNs { get; init; }

    /// <summary>From when to when the tree was followed: see <see cref="RecordedSpan"/>. Found anew at each call.</summary>
    public RecordedSpan Tree => RecordedSpan.Of(Processes, DurationNs);

    /// <summary>How many CPUs the machine has.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>The launched command; null if it attached.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>The processes, in birth order.</summary>
    public required IReadOnlyList<RecordedProcess> Processes { get; init; }

    /// <summary>What the follower did; null of a run that was recorded without it.</summary>
    public RecordedFollower? Follower { get; init; }

    /// <summary>What was not followed or not collected, and why.</summary>
    public IReadOnlyList<RecordedNote> Ledger { get; init; } = [];

    /// <summary>What was sampled; <see cref="Profile.Empty"/> if nothing was.</summary>
    public Profile Profile { get; init; } = Profile.Empty;
}

/// <summary>
/// From when to when a tree was followed, in nanoseconds from the start of the run: from the first birth, or attach, to the last death, or
/// letting go. How long that is, is the wall time of a run.
/// </summary>
/// <param name="StartNs">From when.</param>
/// <param name="EndNs">To when.</param>
public sealed record RecordedSpan(long StartNs, long EndNs)
{
    /// <summary>The time between the two.</summary>
    [JsonIgnore]
    public long WallNs => EndNs - StartNs;

    /// <summary>The span of some processes, of whom those without an end live until then; all of the run if there are none.</summary>
    internal static RecordedSpan Of(IEnumerable<RecordedProcess> processes, long end)
    {
        RecordedSpan? span = null;
        foreach (RecordedProcess process in processes)
            span = Add(span, process, end);
        return span ?? new(0, end);
    }

    /// <summary>The span of some and one more.</summary>
    internal static RecordedSpan Add(RecordedSpan? span, RecordedProcess process, long end)
    {
        long from = process.FollowedNs;
        long to = Math.Max(from, process.EndNs ?? end);
        return span is null ? new(from, to) : new(Math.Min(span.StartNs, from), Math.Max(span.EndNs, to));
    }
}

/// <summary>A process of tree.json; docs/results.md tells what each key means.</summary>
public sealed record RecordedProcess
{
    /// <summary>Birth order from 1; what samples refer to.</summary>
    public required int Id { get; init; }

    /// <summary>The id of who made it; null if not known.</summary>
    public int? ParentId { get; init; }

    /// <summary>Its pid, which another one may have had before or may have later.</summary>
    public required int Pid { get; init; }

    /// <summary>The pid of its parent; 0 if not known.</summary>
    public int ParentPid { get; init; }

    /// <summary>attached, launched, fork, vfork or clone.</summary>
    public required string Origin { get; init; }

    /// <summary>Its birth; negative if before the run.</summary>
    public required long StartNs { get; init; }

    /// <summary>Its end; null if it was alive at the end of the run.</summary>
    public long? EndNs { get; init; }

    /// <summary>
    /// What it is called, wherever it is shown: by the program that it ran last (<see cref="RecordedExec.Name"/>); in parentheses if it
    /// never called exec and runs its parent's.
    /// </summary>
    public string Name
    {
        get => field ?? Image?.Name ?? $"({Comm})";
        init;
    }

    /// <summary>
    /// The file of the program that it runs (its parent's if it never called exec), which tells executables apart; empty if not known.
    /// </summary>
    public string Executable
    {
        get => field ?? RecordedExec.WithoutMark(Image?.Path ?? "");
        init;
    }

    /// <summary>Its command name, as the kernel keeps it: at most 15 bytes.</summary>
    public required string Comm { get; init; }

    /// <summary>What an attached process was found running, and when: its figures count from then. Null for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordedExec? Found { get; init; }

    /// <summary>The programs that it executed, in order; empty for a fork that never called exec.</summary>
    public IReadOnlyList<RecordedExec> Execs { get; init; } = [];

    /// <summary>How many threads it had in all.</summary>
    public int Threads { get; init; }

    /// <summary>How it died; null if it was not seen to.</summary>
    public RecordedExit? Exit { get; init; }

    /// <summary>exited, detached, lost or alive.</summary>
    public required string End { get; init; }

    /// <summary>Its own use; null if not known.</summary>
    public RecordedUsage? Rusage { get; init; }

    /// <summary>Counts by event; task-clock in nanoseconds.</summary>
    public IReadOnlyDictionary<string, long> Counters { get; init; } = new Dictionary<string, long>();

    /// <summary>How many samples were taken of it, of all kinds.</summary>
    public long Samples { get; init; }

    /// <summary>How many records of the run were lost, since a ring was full, until it wrote the next one.</summary>
    public long Lost { get; init; }

    /// <summary>What its threads waited, all together; null if that was not collected.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordedWaits? Waits { get; init; }

    /// <summary>Its system calls, the longest total first; null if they were not collected.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RecordedSyscall>? Syscalls { get; init; }

    /// <summary>How it looked over time, by /proc; null if that was not collected.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RecordedTick>? Procfs { get; init; }

    /// <summary>What its .NET runtime told; null if it has none or that was not collected.</summary>
    [JsonPropertyName("dotnet")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordedDotNet? DotNet { get; init; }

    /// <summary>Named values of collectors and observers of somebody else's; null if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ResultValue>? Values { get; init; }

    /// <summary>Named tables of collectors and observers of somebody else's; null if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ResultTable>? Tables { get; init; }

    /// <summary>The names of the collectors that were opened on it.</summary>
    public IReadOnlyList<string> Collectors { get; init; } = [];

    /// <summary>When we began to follow it: at its birth, or when we attached.</summary>
    [JsonIgnore]
    public long FollowedNs => Found?.AtNs ?? StartNs;

    /// <summary>The program it ran last; null for a fork that never called exec.</summary>
    [JsonIgnore]
    public RecordedExec? Image => Execs.Count == 0 ? Found : Execs[^1];
}

/// <summary>A program that a process ran.</summary>
/// <param name="AtNs">When.</param>
/// <param name="Path">The executable; " (deleted)" behind it if it had been removed.</param>
/// <param name="Args">The arguments, the first of which is the name it was called by, or what its caller has put there.</param>
/// <param name="Name">What it is called (docs/results.md, "Names"); null: by its file.</param>
public sealed record RecordedExec(long AtNs, string Path, IReadOnlyList<string> Args, string? Name = null)
{
    private const string Deleted = " (deleted)";

    /// <summary>What it is called: the name that it was called by, if that is a file's.</summary>
    public string Name { get; init; } = Name ?? System.IO.Path.GetFileName(WithoutMark(Path));

    /// <summary>The path of an executable without what the kernel puts behind it once it has been removed.</summary>
    public static string WithoutMark(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
    }
}

/// <summary>How a process died: by its code, or by a signal.</summary>
/// <param name="Code">Its exit code; 0 if it was killed.</param>
/// <param name="Signal">The signal that killed it; 0 if it exited.</param>
/// <param name="Name">The signal's name.</param>
/// <param name="Core">Whether it dumped core.</param>
[JsonConverter(typeof(RecordedExitConverter))]
public sealed record RecordedExit(int Code = 0, int Signal = 0, string? Name = null, bool Core = false);

/// <summary>
/// What a process used itself while it was followed, without its children. Bytes, nanoseconds and counts. The peak is its program's own,
/// from that one's start on, even if we attached later.
/// </summary>
public sealed record RecordedUsage(
    long UserNs,
    long SystemNs,
    long MaxRssBytes,
    long MinorFaults,
    long MajorFaults,
    long? VoluntarySwitches,
    long? InvoluntarySwitches)
{
    /// <summary>How often we stopped its threads: voluntary switches that the kernel and perf count, and this record does not.</summary>
    public long Stops { get; init; }
}

/// <summary>What the threads of a process waited, added up.</summary>
/// <param name="Count">How often one left the CPU.</param>
/// <param name="Ns">How long they were off CPU, running and ready ones aside.</param>
/// <param name="RunQueueNs">How long they were ready to run and had no CPU.</param>
public sealed record RecordedWaits(long Count, long Ns, long RunQueueNs);

/// <summary>One system call of a process, all threads together. Times are nanoseconds; p50 and p99 exact to 12.5 %.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How often it came back.</param>
/// <param name="Errors">How often with an error.</param>
/// <param name="TotalNs">How long all calls took.</param>
/// <param name="P50Ns">How long half of them took at most.</param>
/// <param name="P99Ns">How long 99 % of them took at most.</param>
/// <param name="MaxNs">How long the longest took.</param>
/// <param name="Latency">
/// How long they took, as pairs: a duration, and how many calls took that at most and more than the pair before it. Add up those of
/// several processes, and quantiles come of the sum; the p99 of several are not to be added up. Null or odd is taken as empty.
/// </param>
public sealed record RecordedSyscall(
    string Name, long Count, long Errors, long TotalNs, long P50Ns, long P99Ns, long MaxNs, IReadOnlyList<long>? Latency = null)
{
    /// <summary>How long they took, as pairs of a duration and a count.</summary>
    public IReadOnlyList<long> Latency { get; init; } = Latency is { } pairs && pairs.Count % 2 == 0 ? pairs : [];
}

/// <summary>A process at one moment. Null: it could not be read.</summary>
/// <param name="AtNs">When.</param>
/// <param name="State">The state letter of /proc/PID/stat.</param>
/// <param name="RssBytes">Resident memory.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Fds">Open file descriptors.</param>
/// <param name="ReadBytes">Bytes read from storage so far.</param>
/// <param name="WriteBytes">Bytes written to storage so far.</param>
public sealed record RecordedTick(
    long AtNs, string State, long RssBytes, int Threads, int? Fds, long? ReadBytes, long? WriteBytes);

/// <summary>Something that was not followed or not collected.</summary>
/// <param name="Kind">What kind of thing, in kebab case.</param>
/// <param name="Pid">The process; 0 if it is about none.</param>
/// <param name="Text">What, why and the remedy.</param>
/// <param name="Count">How many such there were that have no note of their own; null for one.</param>
public sealed record RecordedNote(string Kind, int Pid, string Text, long? Count = null)
{
    /// <summary>Those of a kind that were counted and not kept.</summary>
    internal static RecordedNote More(string kind, long count) =>
        new(kind, 0, string.Create(CultureInfo.InvariantCulture, $"{count} more of this kind were counted and not kept"), count);
}

/// <summary>What the follower itself did.</summary>
/// <param name="Stops">Stops answered and deaths seen.</param>
/// <param name="Births">Processes born under observation.</param>
/// <param name="ThreadBirths">Threads born under observation, main threads not counted.</param>
/// <param name="Execs">Programs executed.</param>
/// <param name="HeldNs">How long processes were held, from noticing a stop to answering it.</param>
public sealed record RecordedFollower(long Stops, long Births, long ThreadBirths, long Execs, RecordedHeld HeldNs);

/// <summary>How long processes were held at their stops, in nanoseconds; the quantiles are exact to 12.5 %.</summary>
public sealed record RecordedHeld(long P50, long P99, long Max);
