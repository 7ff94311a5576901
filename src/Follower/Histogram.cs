using System.Numerics;

namespace ForkFollow.Follower;

/// <summary>
/// Counts durations in buckets that are an eighth of a power of two wide: a quantile is right to within 12.5 %.
/// Adding allocates nothing. One thread writes; another may read a slightly older state.
/// </summary>
public sealed class Histogram
{
    private const int SubBuckets = 8;
    private readonly long[] _counts = new long[Buckets];

    /// <summary>How many buckets there are.</summary>
    public static int Buckets => 64 * SubBuckets;

    /// <summary>How many values were added.</summary>
    public long Count { get; private set; }

    /// <summary>The largest value added, exactly; 0 if there is none.</summary>
    public long Max { get; private set; }

    /// <summary>Adds a value; a negative one counts as 0.</summary>
    public void Add(long value)
    {
        value = Math.Max(value, 0);
        _counts[BucketOf(value)]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    /// <summary>The value that the given part (0 to 1) of all values does not exceed; 0 if there is none.</summary>
    public long Quantile(double part)
    {
        long rank = (long)Math.Ceiling(part * Count);
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank && seen > 0)
                return Math.Min(UpperBound(i), Max);
        }

        return Max;
    }

    /// <summary>How many values each bucket has. Any thread: a bucket may be a little older than the next.</summary>
    /// <param name="counts">At least <see cref="Buckets"/> long.</param>
    public void CopyCounts(Span<long> counts) => _counts.CopyTo(counts);

    /// <summary>Each bucket that has values, in order: the largest value that belongs into it, and how many it has.</summary>
    public IReadOnlyList<long> ToPairs()
    {
        long[] pairs = new long[2 * (_counts.Length - _counts.AsSpan().Count(0L))];
        int at = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] == 0)
                continue;
            pairs[at++] = UpperBound(i);
            pairs[at++] = _counts[i];
        }

        return pairs;
    }

    /// <summary>The largest value that belongs into a bucket, by its number in <see cref="CopyCounts"/>.</summary>
    public static long UpperBound(int bucket)
    {
        if (bucket < SubBuckets)
            return bucket;
        int power = (bucket / SubBuckets) + 2;
        long sub = bucket % SubBuckets;
        return ((SubBuckets + sub + 1) << (power - 3)) - 1;
    }

    /// <summary>Forgets all values.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
        Max = 0;
    }

    private static int BucketOf(long value)
    {
        if (value < SubBuckets)
            return (int)value;
        int power = BitOperations.Log2((ulong)value);
        int sub = (int)(value >> (power - 3)) & (SubBuckets - 1);
        return ((power - 2) * SubBuckets) + sub;
    }
}
