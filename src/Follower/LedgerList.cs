using System.Collections;
using System.Collections.Concurrent;

namespace ForkFollow.Follower;

/// <summary>
/// The ledger of a run: the first entries of each kind, in order, and how many more there were. One cause may have a million effects.
/// Any thread may enter, any may read.
/// </summary>
public sealed class LedgerList : IEnumerable<LedgerEntry>
{
    /// <summary>So many entries of a kind are kept.</summary>
    public const int MostOfAKind = 10_000;

    private readonly ConcurrentQueue<LedgerEntry> _entries = new();
    private readonly long[] _counts = new long[Enum.GetValues<LedgerKind>().Length];

    /// <summary>How many entries are kept.</summary>
    public int Count => _entries.Count;

    /// <summary>How many entries there were of each kind beyond those that are kept.</summary>
    public IEnumerable<(LedgerKind Kind, long Count)> Omitted
    {
        get
        {
            foreach (LedgerKind kind in Enum.GetValues<LedgerKind>())
            {
                long more = Interlocked.Read(ref _counts[(int)kind]) - MostOfAKind;
                if (more > 0)
                    yield return (kind, more);
            }
        }
    }

    /// <summary>Enters something.</summary>
    public void Enqueue(LedgerEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (Interlocked.Increment(ref _counts[(int)entry.Kind]) <= MostOfAKind)
            _entries.Enqueue(entry);
    }

    /// <inheritdoc/>
    public IEnumerator<LedgerEntry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
