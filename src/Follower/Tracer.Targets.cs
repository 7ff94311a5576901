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
        foreach (int pid in attach.Pids)
        {
            _stock.Refill();
            int group = _kernel.ReadStatus(pid, out ProcStatus status) ? status.Tgid : pid;
            if (_processes.ContainsKey(group))
                continue;
            if ((SeizeRefusal.Object(_kernel, group) ?? SeizeProcess(group, parent: null)) is { } refusal)
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
                if (_processes.ContainsKey(child) || _refused.Contains(child)
                    || !_kernel.ReadStatus(child, out ProcStatus status)
                    || status.IsZombie || status.TracerPid == _kernel.TracerTid)
                {
                    continue;
                }

                if (SeizeProcess(child, parent) is { } refusal)
                {
                    // Gone meanwhile: there is nothing to follow, and its pid may come again.
                    if (!_kernel.ReadStatus(child, out status) || status.IsZombie)
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
    private string? SeizeProcess(int pid, FollowedProcess? parent)
    {
        var seized = new List<int>();
        string? refusal = null;
        bool leader = false;
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
                {
                    seized.Add(tid);
                    leader |= tid == pid;
                }
                else if (tid == pid)
                {
                    refusal = SeizeRefusal.Explain(_kernel, pid, errno);
                }
            }
        }
        while (seized.Count != before);

        if (seized.Count == 0)
            return refusal ?? SeizeRefusal.Explain(_kernel, pid, Linux.ESRCH);

        Enter(pid, parent, seized, leader);
        DrainStops();
        return null;
    }

    private void Enter(int pid, FollowedProcess? parent, List<int> threads, bool leader)
    {
        _noticed = _kernel.Now();
        FollowedProcess process = NewProcess(pid, parent, ProcessOrigin.Attached);
        long start = _kernel.ReadStartTime(pid);
        process.StartTimestamp = start == 0 ? _noticed : start;
        process.LeaderTraced = leader;
        process.ThreadsSeen = threads.Count;
        process.LiveThreads = threads.Count;
        process.Announced = true;
        if (parent is null && _kernel.ReadStatus(pid, out ProcStatus status))
            process.ParentPid = status.ParentPid;
        // It may have had children before us: what it used is told apart from theirs in any case.
        process.Account.NoteChild();
        foreach (int tid in threads)
            AddTracee(tid, TraceePhase.Running, process).HasExitStop = tid == pid;

        ReadImage(pid);
        RecordImage(process);
        _observer.Attached(process);
    }

    /// <summary>Answers those who stopped while we seized others.</summary>
    private void DrainStops()
    {
        while (_kernel.Peek(block: false, out int tid, out WaitStatus status) == PeekResult.Found)
            HandleOrContinue(tid, status);
    }

    /// <summary>The launched process executes the command: from here on it is the root of the tree.</summary>
    private void PassGate(FollowedProcess process)
    {
        _gate = null;
        _root = process;
        process.StartTimestamp = _noticed;
        process.Announced = true;
        if (_kernel.ReadUsage(process.Pid, out UsageSample own) && _kernel.ReadStatus(process.Pid, out ProcStatus status))
        {
            own.VoluntarySwitches = status.VoluntarySwitches;
            own.InvoluntarySwitches = status.InvoluntarySwitches;
            process.Account.StartHere(own);
        }

        Figures.CountBirth();
        _observer.Born(process);
    }
}
