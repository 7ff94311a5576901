using ForkFollow.Follower;

namespace ForkFollow.Collectors;

/// <summary>
/// Opens collectors on the processes of a tree: on a target the ones that were asked for, on a child a clone of each
/// of its parent's, while it is still held in its first stop. When a process has ended and none of its children is
/// unborn, its collectors are closed, off the tracer thread. A collector that throws costs its own results of that process, and the
/// ledger says so; the others, and what the process forks, have theirs.
/// </summary>
public sealed class CollectorHost : IFollowObserver, IDisposable
{
    private const int StockSize = 128;

    private readonly Collector[] _first;
    private readonly bool _treeWanted;
    private readonly bool _closesSlowly;
    private readonly ClosingQueue _closing;
    private readonly Stack<ProcessResult> _stock = new(StockSize);
    private readonly Dictionary<int, IReadOnlyList<string>> _names = [];

    /// <param name="results">Where the results go.</param>
    /// <param name="collectors">What is opened on a target.</param>
    /// <param name="treeWanted">
    /// Whether a process on which no collector could be opened is followed all the same; if not, it is let go.
    /// </param>
    public CollectorHost(RunResults results, IReadOnlyList<Collector> collectors, bool treeWanted = true)
    {
        ArgumentNullException.ThrowIfNull(results);
        Results = results;
        _closing = new(results);
        _first = [.. collectors];
        _treeWanted = treeWanted;
        _closesSlowly = Array.Exists(_first, collector => collector.ClosesSlowly);

        // Nearly every process has all of them; the list of any other set is made when a process has it first.
        _ = NamesOf((1 << _first.Length) - 1);
    }

    /// <summary>Where the results go.</summary>
    public RunResults Results { get; }

    /// <inheritdoc/>
    public void Attached(FollowedProcess process) => Enter(process);

    /// <inheritdoc/>
    public BirthVerdict Born(FollowedProcess process)
    {
        bool any = Enter(process);
        return any || _treeWanted ? BirthVerdict.Follow : BirthVerdict.LetGo;
    }

    /// <inheritdoc/>
    public void Execed(FollowedProcess process, in ExecView image)
    {
        if (Results.Find(process) is not { } result)
            return;
        Results.CountExec();
        foreach (Collector? collector in result.Open)
        {
            try
            {
                collector?.Execed(process, image);
            }
            catch (Exception e)
            {
                result.NoteFault(collector!, nameof(Execed), e);
            }
        }
    }

    /// <inheritdoc/>
    public void Exiting(FollowedProcess process)
    {
        if (Results.Find(process) is not { } result)
            return;
        foreach (Collector? collector in result.Open)
        {
            try
            {
                collector?.Exiting(process);
            }
            catch (Exception e)
            {
                result.NoteFault(collector!, nameof(Exiting), e);
            }
        }
    }

    /// <inheritdoc/>
    public void Exited(FollowedProcess process) => Leave(process);

    /// <inheritdoc/>
    public void Detached(FollowedProcess process) => Leave(process);

    /// <inheritdoc/>
    public void Released(FollowedProcess process)
    {
        if (Results.Find(process) is not { } result)
            return;
        if (_closesSlowly)
            _closing.Add(result);
        else
            ClosingQueue.Close(result);
    }

    /// <inheritdoc/>
    public void BetweenStops()
    {
        Results.TellChange();
        if (_stock.Count >= StockSize / 2)
            return;
        while (_stock.Count < StockSize)
            _stock.Push(new(Results, _first.Length));
        foreach (Collector collector in _first)
            collector.FillStock(StockSize);
        Results.Reserve(StockSize);
    }

    /// <summary>Waits until all that was closed has handed over its results. After the session has completed.</summary>
    public void Dispose() => _closing.Dispose();

    private bool Enter(FollowedProcess process)
    {
        ProcessResult result = Record(process);
        Span<Collector?> open = result.Open;
        ProcessResult? parent = process.Parent is null ? null : Results.Find(process.Parent);
        bool any = false;
        int mask = 0;
        for (int i = 0; i < open.Length; i++)
        {
            // One that its parent does not have, for want of a descriptor perhaps, is asked anew.
            open[i] = (parent?.Open[i] ?? _first[i]).Clone(process, out Exception? fault);
            if (fault is not null)
                result.NoteFault(open[i]!, "opening", fault);
            if (open[i] is not { State: CollectorState.Open })
                continue;
            any = true;
            mask |= 1 << i;
        }

        result.SetCollectorNames(NamesOf(mask));
        return any;
    }

    private void Leave(FollowedProcess process)
    {
        // A child that was killed before its first instruction was never born; it is in the tree all the same.
        ProcessResult result = Results.Find(process) ?? Record(process);
        Results.CountEnd();
        foreach (Collector? collector in result.Open)
        {
            if (collector is { State: CollectorState.Open })
                collector.Stop();
        }

        if (result.CollectorNames.Count == 0)
            result.Usage = process.Usage;
    }

    private ProcessResult Record(FollowedProcess process)
    {
        ProcessResult result = _stock.TryPop(out ProcessResult? made) ? made : new(Results, _first.Length);
        result.Process = process;
        Results.Add(result);
        return result;
    }

    private IReadOnlyList<string> NamesOf(int mask)
    {
        if (_names.TryGetValue(mask, out IReadOnlyList<string>? names))
            return names;
        names = [.. _first.Where((_, i) => (mask & (1 << i)) != 0).SelectMany(collector => collector.Names)];
        _names.Add(mask, names);
        return names;
    }
}
