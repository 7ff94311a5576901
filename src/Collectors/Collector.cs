using System.Runtime.ExceptionServices;
using ForkFollow.Follower;

namespace ForkFollow.Collectors;

/// <summary>Where a collector stands in its life.</summary>
public enum CollectorState
{
    /// <summary>It has settings, and nothing in the kernel.</summary>
    Created,

    /// <summary>It collects for one process.</summary>
    Open,

    /// <summary>Its process is dead or let go; it may still be cloned onto children that are not born yet.</summary>
    Stopping,

    /// <summary>Its results are handed over and its kernel objects closed. It may be opened anew.</summary>
    Closed,
}

/// <summary>
/// Collects one kind of thing for one process. A child gets a clone of its parent's collector while it still sits in
/// its first stop: the settings are copied, what serves the whole session (reference events, sinks) is shared, and
/// what counts (kernel events, buffers) is fresh.
/// <code>
///           Open            Stop               Close
/// created ────────→ open ────────→ stopping ────────→ closed
///    ↑                                                   │ Open (from the stock)
///    └── first use                            open ←─────┘
/// </code>
/// Open, Clone, Execed, Exiting and Stop run on the tracer thread while the process is held: they allocate nothing and wait for
/// nothing. Close runs on the closer thread, since closing kernel events can be slow (see <see cref="ClosesSlowly"/>).
/// </summary>
public abstract class Collector
{
    private readonly Stack<Collector> _stock;

    /// <param name="parent">The collector that this one is a clone of; null for the first of its kind.</param>
    protected Collector(Collector? parent) => _stock = parent?._stock ?? new();

    /// <summary>Its name, as in <c>--collect</c> and in tree.json.</summary>
    public abstract string Name { get; }

    /// <summary>The names that it stands for: more than its own where one collects several kinds of things at once.</summary>
    public virtual IReadOnlyList<string> Names => [Name];

    /// <summary>
    /// Whether closing it may take long, so that it is done on the closer thread; if not, it is done on the tracer thread.
    /// The same for all clones.
    /// </summary>
    public virtual bool ClosesSlowly => true;

    /// <summary>Where it stands.</summary>
    public CollectorState State { get; private set; } = CollectorState.Created;

    /// <summary>Opens a copy of this collector on a process.</summary>
    /// <returns>The copy; null if it is not for this process, or cannot be opened on it (which it has reported).</returns>
    public Collector? Clone(FollowedProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        Collector? clone = Clone(process, out Exception? fault);
        if (fault is not null)
            ExceptionDispatchInfo.Throw(fault);
        return clone;
    }

    /// <summary>
    /// The same. A fault of the collector is given and not thrown, and then the copy is not open: it collects nothing, but has
    /// its settings, so that what the process forks is cloned from it.
    /// </summary>
    internal Collector? Clone(FollowedProcess process, out Exception? fault)
    {
        fault = null;
        Collector? clone;
        lock (_stock)
            _stock.TryPop(out clone);
        clone ??= MakeAlike();
        try
        {
            if (Wants(process) && clone.OnOpen(process))
            {
                clone.State = CollectorState.Open;
                return clone;
            }
        }
        catch (Exception e)
        {
            fault = e;
            return clone;
        }

        Return(clone);
        return null;
    }

    /// <summary>Its process has executed a new program.</summary>
    public void Execed(FollowedProcess process, in ExecView image)
    {
        if (State == CollectorState.Open)
            OnExeced(process, image);
    }

    /// <summary>Its process is about to exit, and its memory is still there. Not told of every process.</summary>
    public void Exiting(FollowedProcess process)
    {
        if (State == CollectorState.Open)
            OnExiting(process);
    }

    /// <summary>Its process is dead or let go.</summary>
    public void Stop()
    {
        if (State != CollectorState.Open)
            throw new InvalidOperationException($"collector {Name} is {State}, so it cannot stop");
        State = CollectorState.Stopping;
    }

    /// <summary>Hands over its results and closes. The collector may then serve another process.</summary>
    public void Close(ProcessResult result)
    {
        if (State != CollectorState.Stopping)
            throw new InvalidOperationException($"collector {Name} is {State}, so it cannot close");
        OnClose(result);
        State = CollectorState.Closed;
        Return(this);
    }

    /// <summary>Makes collectors in advance, so that the next clones allocate nothing.</summary>
    internal void FillStock(int count)
    {
        lock (_stock)
        {
            while (_stock.Count < count)
                _stock.Push(MakeAlike());
        }
    }

    /// <summary>Whether it is for this process.</summary>
    protected virtual bool Wants(FollowedProcess process) => true;

    /// <summary>A collector with the same settings, not opened.</summary>
    protected abstract Collector MakeAlike();

    /// <summary>Opens what it needs in the kernel. False if that is not possible.</summary>
    protected abstract bool OnOpen(FollowedProcess process);

    /// <summary>Renews what a new program has ended.</summary>
    protected virtual void OnExeced(FollowedProcess process, in ExecView image)
    {
    }

    /// <summary>Takes what can be had no later. See <see cref="IFollowObserver.Exiting"/> for when it is not called.</summary>
    protected virtual void OnExiting(FollowedProcess process)
    {
    }

    /// <summary>Writes its results, and closes what it has in the kernel.</summary>
    protected abstract void OnClose(ProcessResult result);

    private void Return(Collector collector)
    {
        lock (_stock)
            _stock.Push(collector);
    }
}
