namespace ForkFollow.Follower;

/// <summary>
/// Nodes and processes made in advance, so that nothing is allocated while a target is held. More births than the
/// stock holds between two pauses fall back to allocating. Belongs to the tracer thread.
/// </summary>
internal sealed class Stock
{
    private const int Size = 128;

    private readonly Stack<Tracee> _tracees = new(Size);
    private readonly Stack<FollowedProcess> _processes = new(Size);

    internal Tracee TakeTracee() => _tracees.TryPop(out Tracee? tracee) ? tracee : new();

    internal FollowedProcess TakeProcess() => _processes.TryPop(out FollowedProcess? process) ? process : new();

    /// <summary>A node is used again; a process is not, since results hold on to it.</summary>
    internal void Return(Tracee tracee)
    {
        if (_tracees.Count < Size)
            _tracees.Push(tracee);
    }

    internal void Refill()
    {
        if (_tracees.Count < Size / 2)
        {
            while (_tracees.Count < Size)
                _tracees.Push(new());
        }

        if (_processes.Count < Size / 2)
        {
            while (_processes.Count < Size)
                _processes.Push(new());
        }
    }
}
