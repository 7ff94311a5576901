namespace ForkFollow.Collectors;

/// <summary>
/// A thread that serves a run. A fault in it costs what it serves and no more: it is entered in the ledger with what is lost,
/// and <c>failed</c> turns off what needed it. <see cref="RunThreads"/> sees who has failed, and who does not come back from
/// one piece of work; nobody waits for such a one longer than <see cref="RunThreads.Patience"/>.
/// </summary>
internal sealed class OwnThread
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    private readonly RunResults _run;
    private readonly string _name;
    private readonly string _loss;
    private readonly Action<OwnThread> _work;
    private readonly Action? _failed;
    private readonly Thread _thread;
    private readonly int _pid;
    private long _step;
    private bool _busy;

    /// <param name="run">Has the ledger.</param>
    /// <param name="name">Its name.</param>
    /// <param name="loss">What there is not if it fails, as a sentence.</param>
    /// <param name="work">What it does until it returns. Calls <see cref="Works"/> and <see cref="Waits"/>.</param>
    /// <param name="failed">What else is to be done if that throws. On the thread.</param>
    /// <param name="pid">The one process that it serves; 0 if it serves the run, whose trouble it is then.</param>
    internal OwnThread(
        RunResults run, string name, string loss, Action<OwnThread> work, Action? failed = null, int pid = 0)
    {
        _pid = pid;
        _run = run;
        _name = name;
        _loss = loss;
        _work = work;
        _failed = failed;
        _thread = new(Run) { Name = name, IsBackground = true };
    }

    /// <summary>Its work threw.</summary>
    internal bool HasFailed { get; private set; }

    internal void Start()
    {
        _run.Threads.Add(this);
        try
        {
            _thread.Start();
        }
        catch
        {
            _run.Threads.Remove(this); // no memory, or as many threads as we may have
            throw;
        }
    }

    /// <summary>It begins a piece of work, which takes no longer than <see cref="RunThreads.Patience"/>. Called on it.</summary>
    internal void Works()
    {
        Volatile.Write(ref _step, Environment.TickCount64);
        Volatile.Write(ref _busy, true);
    }

    /// <summary>It waits for work. Called on it.</summary>
    internal void Waits() => Volatile.Write(ref _busy, false);

    /// <summary>Waits for its end, which was asked for, as long as it comes on.</summary>
    /// <returns>False if it does not: then it is still at work, and stays so.</returns>
    internal bool Join()
    {
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
            return true;
        long asked = Environment.TickCount64;
        while (!_thread.Join(_look))
        {
            long since = Math.Max(asked, Volatile.Read(ref _step));
            if (Environment.TickCount64 - since <= _run.Threads.Patience.TotalMilliseconds)
                continue;
            _run.Note($"the thread {_name} does not come back from its work; {_loss}");
            return false;
        }

        return true;
    }

    /// <summary>Waits for its end so long. False if it takes longer.</summary>
    internal bool Join(TimeSpan limit) => _thread.ThreadState.HasFlag(ThreadState.Unstarted) || _thread.Join(limit);

    /// <summary>What is wrong with it; null if nothing is. Any thread.</summary>
    internal string? TroubleAfter(TimeSpan patience)
    {
        if (HasFailed)
            return $"the thread {_name} has failed";
        return Volatile.Read(ref _busy) && Environment.TickCount64 - Volatile.Read(ref _step) > patience.TotalMilliseconds
            ? $"the thread {_name} does not come back from its work"
            : null;
    }

    private void Run()
    {
        try
        {
            _work(this);
        }
        catch (Exception e)
        {
            HasFailed = true;
            Tell(e);
            TurnOff();
        }

        Waits();
        if (!HasFailed || _pid != 0)
            _run.Threads.Remove(this);
    }

    private void TurnOff()
    {
        try
        {
            _failed?.Invoke();
        }
        catch (Exception e)
        {
            Tell(e);
        }
    }

    private void Tell(Exception fault) =>
        _run.Note(_pid, $"the thread {_name} failed: {fault.GetType().Name}: {fault.Message.ReplaceLineEndings(" ")}; {_loss}");
}

/// <summary>The threads of one run that go on, or have failed. Any thread.</summary>
internal sealed class RunThreads
{
    private readonly List<OwnThread> _threads = [];

    /// <summary>How long one piece of work may take before nobody waits for it any more.</summary>
    internal TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    internal void Add(OwnThread thread)
    {
        lock (_threads)
            _threads.Add(thread);
    }

    internal void Remove(OwnThread thread)
    {
        lock (_threads)
            _threads.Remove(thread);
    }

    /// <summary>What is wrong with the first that something is wrong with; null if all are well.</summary>
    internal string? TroubleAfter(TimeSpan patience)
    {
        lock (_threads)
            return _threads.Select(thread => thread.TroubleAfter(patience)).FirstOrDefault(trouble => trouble is not null);
    }
}
