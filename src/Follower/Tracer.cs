using ForkFollow.Native;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Follower;

/// <summary>
/// Follows the tracees of one session, on the one thread that ptrace allows. The scheme:
/// <code>
///   mailbox → between stops → peek a stop → StopMachine decides → carry out → …
/// </code>
/// A stop is only peeked at (WNOWAIT) and is consumed by its answer: if this process is killed in between, the kernel
/// still delivers the signal that the tracee is stopped for. Ending the thread is how everything is let go at once:
/// the kernel then detaches all tracees, with no EINTR in any of them, also those that wait in a vfork.
/// <para>Between a stop and its resume nothing is allocated: nodes and processes come from a stock that is refilled
/// when nobody is held.</para>
/// <para>Every member belongs to the tracer thread, unless it says otherwise.</para>
/// </summary>
internal sealed partial class Tracer
{
    /// <summary>What every tracee has. A process that forks or execs gets TRACEEXIT too (<see cref="WithExitStop"/>).</summary>
    private const PtraceOptions BaseOptions =
        PtraceOptions.PTRACE_O_TRACEFORK | PtraceOptions.PTRACE_O_TRACEVFORK | PtraceOptions.PTRACE_O_TRACECLONE
        | PtraceOptions.PTRACE_O_TRACEEXEC | PtraceOptions.PTRACE_O_TRACESYSGOOD;

    /// <summary>So many stops in a row with no pause, and every tracee gets a look of its own (see Sweep).</summary>
    private const int MinStreak = 64;

    /// <summary>So many notes of a kind are said as they come; the ledger has them all.</summary>
    private const int LoudNotes = 3;

    private readonly int[] _notes = new int[Enum.GetValues<LedgerKind>().Length];
    private readonly IKernel _kernel;
    private readonly GuardedObserver _observer;
    private readonly ILogger _logger;
    private readonly PollGovernor _governor;
    private readonly Mailbox _mailbox;

    private readonly Dictionary<int, Tracee> _tracees = new(1024);
    private readonly Dictionary<int, FollowedProcess> _processes = new(1024);
    private readonly List<Tracee> _heldAtBirth = new(64);
    private readonly Stock _stock = new();
    private readonly List<int> _scratch = new(1024);
    private readonly List<int> _swept = new(1024);

    private PtraceOptions _options = BaseOptions;
    private bool _ended;
    private int _streak;
    private long _noticed;
    private int _nextId = 1;

    internal Tracer(
        IKernel kernel,
        IFollowObserver observer,
        ILogger logger,
        PollGovernor governor,
        Mailbox mailbox,
        FollowerFigures? figures = null)
    {
        Figures = figures ?? new();
        _kernel = kernel;
        _logger = logger;
        _governor = governor;
        _mailbox = mailbox;
        _observer = new(observer, logger, Note);
    }

    /// <summary>Counts and times of this session. Any thread may read.</summary>
    internal FollowerFigures Figures { get; }

    /// <summary>The processes that are followed now.</summary>
    internal IReadOnlyCollection<FollowedProcess> Processes => _processes.Values;

    private PtraceOptions WithExitStop => _options | PtraceOptions.PTRACE_O_TRACEEXIT;

    /// <summary>Follows until nobody is left, or the end was asked for.</summary>
    internal void Run()
    {
        while (!_ended)
        {
            try
            {
                if (!Turn())
                    break;
                _failures = 0;
            }
            catch (Exception e)
            {
                FailedTurn(e);
            }
        }

        DetachAllRecords();
    }

    /// <summary>Does what was asked for, and answers a stop, or waits for one.</summary>
    /// <returns>False when there is nobody left, or the end was asked for.</returns>
    private bool Turn()
    {
        _mailbox.RunAll();
        if (_ended || (_tracees.Count == 0 && _gate is null && _watched == 0))
            return false;
        _stock.Refill();
        _observer.BetweenStops();

        switch (NextStop(out int tid, out WaitStatus status))
        {
            case PeekResult.Found:
                HandleGuarded(tid, status);
                break;
            case PeekResult.NoTracees when _tracees.Count == 0 && _watched > 0:
                _kernel.Pause();
                break;
            case PeekResult.NoTracees:
                LoseAll();
                break;
        }

        return true;
    }

    /// <summary>Answers one stop, or buries one dead tracee.</summary>
    internal void Handle(int tid, WaitStatus status)
    {
        Figures.CountStop();
        _noticed = _kernel.Now();
        if (_logger.IsEnabled(LogLevel.Trace))
            _logger.LogTrace("{Tid}: {Status}", tid, status);

        if (status.HasEnded)
        {
            Bury(tid, status);
            return;
        }

        if (_strangers.Contains(tid))
        {
            LetStrangerGo(tid, status);
            return;
        }

        if (status.Event == PtraceEvent.PTRACE_EVENT_EXEC)
            TakeOverLeader(tid);

        if (_tracees.TryGetValue(tid, out Tracee? tracee))
            Answer(tracee, status);
        else
            HoldAtBirth(tid, status);
    }

    private void Answer(Tracee tracee, WaitStatus status)
    {
        if (tracee.Process is not { } process)
        {
            // Killed while it was held at birth (its group ends, or another thread execs). It has inherited TRACEEXIT,
            // so it stops once more on its way out; its death is buried like any other.
            _kernel.Continue(tracee.Tid, 0);
            return;
        }

        if (status.IsFault && !process.DetachWished && LetInitDie(tracee, process, status.StopSignal))
            return;

        StopDecision decision = StopMachine.Decide(new(tracee.Phase, process.DetachWished), status);
        if (decision.Action != StopAction.Listen)
            process.Account.CountStop(); // a group-stop it would have without us
        switch (decision.Notice)
        {
            case StopNotice.ChildNamed:
                ChildNamed(tracee, status.Event);
                break;
            case StopNotice.BirthComplete:
                // An observer may wish it away: then the decision is taken anew.
                if (CompleteBirth(tracee, process))
                    decision = StopMachine.Decide(new(tracee.Phase, DetachWished: true), status);
                break;
            case StopNotice.Execed:
                Execed(tracee, process);
                break;
            case StopNotice.Exiting:
                Exiting(tracee, process);
                break;
            case StopNotice.UnknownEvent:
                Note(new(LedgerKind.UnknownEvent, tracee.Tid, $"{status} of {tracee.Tid} is unknown to this version"));
                break;
        }

        CarryOut(tracee, decision);
        if (decision.Notice == StopNotice.Execed)
        {
            RecordImage(process);
            TellStart(process);
        }
        else if (decision.Notice == StopNotice.ChildNamed)
            BearNext();
    }

    private void CarryOut(Tracee tracee, StopDecision decision)
    {
        // False from any of these: it is dying, and its death will be reported. The node stays until then.
        tracee.Phase = decision.Next;
        if (tracee.IsLeader)
            tracee.Process!.IsStopped = decision.Next == TraceePhase.Listening;
        switch (decision.Action)
        {
            case StopAction.Continue:
                _kernel.Continue(tracee.Tid, decision.Signal);
                break;
            case StopAction.Listen:
                _kernel.Listen(tracee.Tid);
                break;
            case StopAction.Detach:
                if (tracee.Process!.LiveThreads == 1)
                    EndLooks(tracee.Process);
                if (_kernel.Detach(tracee.Tid, decision.Signal))
                    Forget(tracee);
                break;
            default:
                throw new InvalidOperationException($"{decision} cannot be carried out");
        }

        Figures.Held.Add(_kernel.Now() - (decision.Notice == StopNotice.BirthComplete ? tracee.HeldSince : _noticed));
    }

    /// <summary>
    /// The next stop. Looks, then polls while that pays, then sees to those who are held without a name, and blocks.
    /// </summary>
    private PeekResult NextStop(out int tid, out WaitStatus status)
    {
        if (_streak >= Math.Max(MinStreak, _tracees.Count))
            Sweep();

        PeekResult result = _kernel.Peek(block: false, out tid, out status);
        if (result != PeekResult.Nothing)
        {
            _streak++;
            return result;
        }

        _streak = 0;
        if (_governor.ShouldPoll() && Poll(ref result, out tid, out status))
            return result;

        if (AdoptHeld())
            return PeekResult.Interrupted;

        // A post that arrives from here on finds us blocked, and repeats its signal until we return.
        return _mailbox.HasWork ? PeekResult.Interrupted : _kernel.Peek(block: true, out tid, out status);
    }

    /// <returns>Whether there is something to report.</returns>
    private bool Poll(ref PeekResult result, out int tid, out WaitStatus status)
    {
        long end = _kernel.Now() + PollGovernor.PollNs;
        long quickest = long.MaxValue;
        long longest = 0;
        long now = _kernel.Now();
        do
        {
            long before = now;
            _kernel.Yield();
            long yielded = _kernel.Now();
            result = _kernel.Peek(block: false, out tid, out status);
            now = _kernel.Now();
            longest = Math.Max(longest, yielded - before);
            quickest = Math.Min(quickest, now - yielded);
        }
        while (result == PeekResult.Nothing && now < end);

        _governor.Polled(result == PeekResult.Found, quickest, longest);
        return result != PeekResult.Nothing;
    }

    /// <summary>
    /// A look over all tracees reports the youngest first, so under overload the older ones could starve. After as
    /// many stops without a pause as there are tracees, each gets a look of its own.
    /// </summary>
    private void Sweep()
    {
        _streak = 0;
        _swept.Clear();
        foreach ((int tid, Tracee _) in _tracees)
            _swept.Add(tid); // Not AddRange(Keys): the first call of Keys allocates.
        foreach (int tid in _swept)
        {
            // An exec or a death that is met here takes others out that were still to come.
            if (_tracees.ContainsKey(tid) && _kernel.PeekOne(tid, out WaitStatus status))
                HandleGuarded(tid, status);
        }
    }

    /// <summary>The kernel knows no tracee of ours, but we do: that would be a fault of ours or of the kernel's.</summary>
    private void LoseAll()
    {
        foreach (FollowedProcess process in _processes.Values.ToArray())
        {
            if (process != _gate)
                Note(new(LedgerKind.Vanished, process.Pid, $"{process} vanished without a report"));
            EndProcess(process, ProcessEnd.Lost, exit: null, usage: null);
        }

        _tracees.Clear();
        _heldAtBirth.Clear();
        _gate = null;
    }

    /// <summary>Tells, and enters in the ledger.</summary>
    private void Note(LedgerEntry entry)
    {
        Tell(entry.Kind, entry.Text);
        Enter(entry);
    }

    private void Enter(LedgerEntry entry)
    {
        Figures.Ledger.Enqueue(entry);
        _observer.Noted(entry);
    }

    private void Tell(LedgerKind kind, string text) =>
        _logger.Log(_notes[(int)kind]++ < LoudNotes ? LogLevel.Warning : LogLevel.Debug, "{Text}", text);
}
