using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>How a tree comes under control: by launching its root, or by seizing what runs already.</summary>
internal sealed partial class Tracer
{
    /// <summary>A launched process that has not become the command yet: not part of the results.</summary>
    private FollowedProcess? _gate;

    private FollowedProcess? _root;

    private readonly HashSet<int> _refused = [];

    /// <summary>The launched process; null before it executes the command, and for attached trees. Any thread.</summary>
    internal FollowedProcess? Root => _root;

    /// <summary>Somebody is followed, or was: a target that was seized may be dead already. Tracer thread.</summary>
    internal bool HasFollowed => _nextId > 1;

    /// <summary>Whom <see cref="Attach"/> has seized. Any thread, once it has returned.</summary>
    internal List<FollowedProcess> Attached { get; } = [];

    /// <summary>Completed when the launched command is about to run its first instruction. Any thread.</summary>
    internal TaskCompletionSource RootStarted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed when the launched process has ended. Any thread.</summary>
    internal TaskCompletionSource RootGone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes a child that waits in its launch gate under control.</summary>
    /// <returns>0 or the errno of the seize.</returns>
    internal int SeizeGate(int pid, LaunchOptions launch)
    {
        _until = launch.Until;
        _onExit = launch.OnExit;
        if (launch.OnExit == OnExit.Kill)
            _options |= PtraceOptions.PTRACE_O_EXITKILL;
        int errno = _kernel.Seize(pid, _options);
        if (errno != 0)
            return errno;
        _noticed = _kernel.Now();
        _gate = NewProcess(pid, parent: null, ProcessOrigin.Launched);
        _gate.ParentPid = Environment.ProcessId;
        AddTracee(pid, TraceePhase.Running, _gate);
        return 0;
    }

    /// <summary>Who traces this very process, and with strace -f and its like all that it starts; null if nobody does.</summary>
    internal string? WhoTracesUs() => SeizeRefusal.TracerOf(_kernel, Environment.ProcessId);

    /// <summary>
    /// Seizes processes, all their threads, and, if asked, all that descends from them. A thread that vanishes
    /// meanwhile is fine; so is a main thread that is a zombie while the others live.
    /// </summary>
    /// <returns>Why targets could not be seized.</returns>
    internal List<LedgerEntry> Attach(AttachOptions attach)
    {
        var refusals = new List<LedgerEntry>();
        foreach (ProcessIdentity target in attach.Targets)
        {
            _stock.Refill();
            int group = _kernel.ReadStatus(target.Pid, out ProcStatus status) == ProcOutcome.Read ? status.Tgid : target.Pid;
            if (_processes.ContainsKey(group))
                continue;
            if ((SeizeRefusal.Object(_kernel, group) ?? SeizeProcess(target with { Pid = group }, parent: null)) is { } refusal)
                refusals.Add(new(LedgerKind.SeizeRefused, group, "cannot follow " + refusal));
        }

        // Without any target there is no following, and so no ledger: it is the caller's to say.
        if (!HasFollowed)
            return refusals;
        refusals.ForEach(Note);

        while (attach.Descendants && SeizeChildren())
        {
            // Again, until nothing new appears: the lists of children are not snapshots.
        }

        return refusals;
    }

    private bool SeizeChildren()
    {
        bool anyNew = false;
        foreach (FollowedProcess parent in _processes.Values.ToArray())
        {
            var children = new List<int>();
            var threads = new List<int>();
            _kernel.ReadThreads(parent.Pid, threads);
            foreach (int tid in threads)
                _kernel.ReadChildren(parent.Pid, tid, children);
            foreach (int child in children)
            {
                // The start first: if the pid changes hands behind it, that shows once it is seized.
                long start = _kernel.ReadStart(child);
                if (_processes.ContainsKey(child) || _refused.Contains(child)
                    || _kernel.ReadStatus(child, out ProcStatus status) != ProcOutcome.Read
                    || status.IsZombie || status.TracerPid == _kernel.TracerTid)
                {
                    continue;
                }

                if (SeizeProcess(new(child, start), parent) is { } refusal)
                {
                    // Gone meanwhile: there is nothing to follow, and its pid may come again.
                    if (_kernel.ReadStatus(child, out status) != ProcOutcome.Read || status.IsZombie)
                        continue;
                    _refused.Add(child);
                    Note(new(LedgerKind.SeizeRefused, child, "cannot follow " + refusal));
                }
                else
                {
                    anyNew = true;
                }
            }
        }

        return anyNew;
    }

    /// <summary>Seizes all threads of a process. Returns null, or why it could not be seized.</summary>
    private string? SeizeProcess(ProcessIdentity target, FollowedProcess? parent)
    {
        int pid = target.Pid;
        var seized = new List<int>();
        string? refusal = null;
        var threads = new List<int>();
        int before;
        do
        {
            before = seized.Count;
            threads.Clear();
            _kernel.ReadThreads(pid, threads);
            foreach (int tid in threads)
            {
                if (seized.Contains(tid))
                    continue;
                int errno = _kernel.Seize(tid, tid == pid ? WithExitStop : _options);
                if (errno == 0)
                    seized.Add(tid);
                else if (tid == pid)
                    refusal = SeizeRefusal.Explain(_kernel, pid, errno);
            }
        }
        while (seized.Count != before);

        if (seized.Count == 0)
            return refusal ?? SeizeRefusal.Explain(_kernel, pid, Linux.ESRCH);

        // Who is seized keeps its id until we reap it: only now is it certain whose it is.
        long start = _kernel.ReadStart(pid);
        bool meant = target.Start == 0 || target.Start == start;
        foreach (int tid in seized)
        {
            if (!meant || !_kernel.IsThreadOf(pid, tid))
                SendAway(tid);
        }

        seized.RemoveAll(_strangers.Contains);
        if (seized.Count > 0)
            Enter(pid, start, parent, seized);
        DrainStops();
        return seized.Count > 0 ? null
            : start == 0 ? $"{pid}: /proc/{pid}/stat cannot be read: it cannot be told from another process that may have its pid now"
            : $"{pid}: another process has this pid now; the one that was meant has ended";
    }

    /// <summary>
    /// Takes what another thread has read; null where that hangs. Zeros and blanks at the end are what a title leaves of longer
    /// arguments.
    /// </summary>
    internal void SetCommandLines(List<(FollowedProcess Process, byte[]? CommandLine)> read)
    {
        foreach ((FollowedProcess process, byte[]? commandLine) in read)
        {
            // Of a program that it has executed since, it would be that one's.
            if (commandLine is null)
                Note(new(LedgerKind.Fault, process.Pid, $"the command line of {process} is not known: it hangs, and so would who reads it"));
            else if (process.Execs.Count == 0)
                process.Found = process.Found!.With(_commandLines.Keep(commandLine.AsSpan().TrimEnd("\0 "u8)));
        }
    }

    private void Enter(int pid, long start, FollowedProcess? parent, List<int> threads)
    {
        _noticed = _kernel.Now();
        FollowedProcess process = NewProcess(pid, parent, ProcessOrigin.Attached);
        process.StartTimestamp = start == 0 ? _noticed : _kernel.ToTimestamp(start);
        process.LeaderTraced = threads.Contains(pid);
        process.ThreadsSeen = threads.Count;
        process.LiveThreads = threads.Count;
        process.Announced = true;
        if (parent is null && _kernel.ReadStatus(pid, out ProcStatus status) == ProcOutcome.Read)
            process.ParentPid = status.ParentPid;
        BeginAccount(process, threads);
        Keep(_kernel.ReadRunningImage(pid));
        process.Found = TakeImage(process, sawExec: false);
        Attached.Add(process);
        _observer.Attached(process);
    }

    /// <summary>What it and its threads have used until now is not of this run.</summary>
    private void BeginAccount(FollowedProcess process, List<int> threads)
    {
        if (_kernel.ReadUsage(process.Pid, out UsageSample own))
            process.Account.StartAttached(own);
        else
            process.Account.StartUnknown();
        foreach (int tid in threads)
        {
            Tracee tracee = AddTracee(tid, TraceePhase.Running, process);
            tracee.HasExitStop = tid == process.Pid;
            if (_kernel.ReadStatus(tid, out ProcStatus status) == ProcOutcome.Read)
                tracee.Before = status.Switches;
            else
                process.Account.LoseThread();
        }
    }

    /// <summary>Answers those who stopped while we seized others.</summary>
    private void DrainStops() => Guard("stops", "be looked for", static (tracer, _) =>
    {
        while (tracer._kernel.Peek(block: false, out int tid, out WaitStatus status) == PeekResult.Found)
            tracer.HandleGuarded(tid, status);
    });

    /// <summary>Whoever launched it waits for that; told once it runs.</summary>
    private void TellStart(FollowedProcess process)
    {
        if (process == _root)
            RootStarted.TrySetResult();
    }

    /// <summary>The launched process executes the command: from here on it is the root of the tree.</summary>
    private void PassGate(FollowedProcess process)
    {
        if (_gate != process)
            return;
        _gate = null;
        _root = process;
        process.StartTimestamp = _noticed;
        process.Announced = true;
        if (_kernel.ReadUsage(process.Pid, out UsageSample own)
            && _kernel.ReadStatus(process.Pid, out ProcStatus status) == ProcOutcome.Read)
        {
            own.Switches = status.Switches;
            process.Account.StartLaunched(own);
            _tracees[process.Pid].Before = status.Switches;
        }

        Figures.CountBirth();
        _observer.Born(process);
    }
}
