namespace ForkFollow.Follower;

/// <summary>How a process came into the tree.</summary>
public enum ProcessOrigin
{
    /// <summary>It ran already when we seized it.</summary>
    Attached,

    /// <summary>We started it.</summary>
    Launched,

    /// <summary>fork, or clone with SIGCHLD as its exit signal.</summary>
    Fork,

    /// <summary>vfork, or clone with CLONE_VFORK (posix_spawn).</summary>
    Vfork,

    /// <summary>clone with another exit signal.</summary>
    Clone,
}

/// <summary>How our following of a process ended.</summary>
public enum ProcessEnd
{
    /// <summary>It has not: the process is alive and followed.</summary>
    Alive,

    /// <summary>It exited or was killed; <see cref="FollowedProcess.Exit"/> says how.</summary>
    Exited,

    /// <summary>It was let go and lives on.</summary>
    Detached,

    /// <summary>It vanished without a report.</summary>
    Lost,
}

/// <summary>How a process died. Immutable.</summary>
/// <param name="Code">Its exit code; 0 if it was killed.</param>
/// <param name="Signal">The signal that killed it; 0 if it exited.</param>
/// <param name="DumpedCore">Whether that signal made it dump core.</param>
public sealed record ProcessExit(int Code, int Signal, bool DumpedCore)
{
    /// <summary>The status as a shell gives it: the exit code, or 128 plus the signal.</summary>
    public int ShellStatus => Signal == 0 ? Code : 128 + Signal;
}

/// <summary>
/// One process (thread group) of the tree. The tracer thread writes it; any thread may read it: each property is
/// consistent in itself, and what is null or <see cref="ProcessEnd.Alive"/> is not known yet.
/// </summary>
public sealed partial class FollowedProcess
{
    private ExecImage[] _execs = [];

    internal FollowedProcess()
    {
    }

    /// <summary>Birth order in this session, from 1: what results refer to, since pids are reused.</summary>
    public int Id { get; private set; }

    /// <summary>The process id, in our pid namespace.</summary>
    public int Pid { get; private set; }

    /// <summary>Who made it, whoever its parent is by now; null for a target of ours, and if that is not known.</summary>
    public FollowedProcess? Parent { get; private set; }

    /// <summary>The pid of <see cref="Parent"/>; of a target the parent's when we came, ours if we launched it; 0 if not known.</summary>
    public int ParentPid { get; internal set; }

    /// <summary>How it came into the tree.</summary>
    public ProcessOrigin Origin { get; internal set; }

    /// <summary>Its birth, as a Stopwatch timestamp (CLOCK_MONOTONIC, nanoseconds); before the session's if attached.</summary>
    public long StartTimestamp { get; internal set; }

    /// <summary>Its end, in the same unit; 0 while it is followed.</summary>
    public long EndTimestamp { get; private set; }

    /// <summary>Its command name, at most 15 characters; a fork has its parent's until it execs or renames itself.</summary>
    public string Comm { get; internal set; } = "";

    /// <summary>The programs that it executed while it was followed, in order: empty for a fork that never called exec.</summary>
    public IReadOnlyList<ExecImage> Execs => _execs;

    /// <summary>
    /// What an attached process was found running, and when: its figures count from then. Null for others. Its arguments are what it
    /// has made of them: a rewritten title is one.
    /// </summary>
    public ExecImage? Found { get; internal set; }

    /// <summary>
    /// The program that it runs: the last one that it, or its nearest ancestor before the fork, has executed or was found running; null if that
    /// is not known.
    /// </summary>
    public ExecImage? Image
    {
        get
        {
            long before = long.MaxValue;
            for (FollowedProcess? one = this; one is not null; one = one.Parent)
            {
                if ((one.Execs.LastOrDefault(exec => exec.Timestamp <= before) ?? one.Found) is { } image)
                    return image;
                before = Math.Min(before, one.StartTimestamp);
            }

            return null;
        }
    }

    /// <summary>
    /// What it is called, wherever it is shown: the name of its program (<see cref="ExecImage.GetName"/>), in parentheses if it never called
    /// exec; its command name if the program is not known. Made at each call.
    /// </summary>
    public string Name
    {
        get
        {
            string name = Image?.GetName() ?? Comm;
            return _execs.Length > 0 || Found is not null ? name : $"({name})";
        }
    }

    /// <summary>How many threads it had in all.</summary>
    public int ThreadsSeen { get; internal set; }

    /// <summary>
    /// Its main thread is stopped by a stop signal, until SIGCONT. /proc calls its state t, not T, while it is followed.
    /// </summary>
    public bool IsStopped { get; internal set; }

    /// <summary>How its following ended.</summary>
    public ProcessEnd End { get; private set; }

    /// <summary>How it died; null unless <see cref="End"/> is <see cref="ProcessEnd.Exited"/>.</summary>
    public ProcessExit? Exit { get; private set; }

    /// <summary>
    /// What it used while it was followed, without its children; null until its end, and if that could not be read.
    /// </summary>
    public ResourceUsage? Usage { get; private set; }

    /// <summary>Children whose first stop is still to come: they need what this process has, even when it is dead.</summary>
    public int UnbornChildren { get; internal set; }

    /// <summary>Threads with a node.</summary>
    internal int LiveThreads { get; set; }

    /// <summary>False if its main thread was a zombie when we attached: then its end is that of its last thread.</summary>
    internal bool LeaderTraced { get; set; } = true;

    /// <summary>To be let go: each of its threads is detached at its next stop, and its children are born free.</summary>
    internal bool DetachWished { get; set; }

    /// <summary>Some of its threads are detached already, so that the wish cannot be taken back.</summary>
    internal bool DetachBegun { get; set; }

    /// <summary>Whether it is process 1 of its pid namespace; null until somebody asks.</summary>
    internal bool? IsInit { get; set; }

    /// <summary>Known to observers. Not so for a launched one before its exec, nor for a child that died unborn.</summary>
    internal bool Announced { get; set; }

    /// <summary>The program that it runs is a set-id one, and lacks its privileges because of us.</summary>
    internal bool LacksPrivileges { get; set; }

    internal UsageAccount Account;

    internal void Reset(int id, int pid, FollowedProcess? parent, ProcessOrigin origin, long start)
    {
        Id = id;
        Pid = pid;
        Parent = parent;
        ParentPid = parent?.Pid ?? 0;
        Origin = origin;
        StartTimestamp = start;
        Comm = parent?.Comm ?? "";
        ThreadsSeen = 1;
        LiveThreads = 1;
        DetachWished = parent?.DetachWished ?? false;
    }

    internal void AddExec(ExecImage image) => _execs = [.. _execs, image];

    internal void Finish(ProcessEnd end, long timestamp, ProcessExit? exit, ResourceUsage? usage)
    {
        Exit = exit;
        Usage = usage;
        EndTimestamp = timestamp;
        End = end;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}[{Pid}]";
}
