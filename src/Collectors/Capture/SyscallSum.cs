using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Capture;

/// <summary>The calls of one system call by one process. Reader thread.</summary>
/// <param name="stock">
/// Four kilobytes each, and a process uses some thirty system calls: taken over from ended processes. One stock for each run, since each
/// has a reader thread of its own.
/// </param>
internal sealed class SyscallSum(Stack<Histogram> stock)
{
    private Histogram _latency = stock.TryPop(out Histogram? made) ? made : new();
    private long _count;
    private long _errors;
    private long _totalNs;

    /// <summary>Counts a call.</summary>
    /// <param name="ns">How long it took; -1 if we did not see it begin.</param>
    /// <param name="result">What it returned: -4095 to -1 is an error.</param>
    internal void Add(long ns, long result)
    {
        _count++;
        if (result is < 0 and >= -4095)
            _errors++;
        if (ns < 0)
            return;
        _totalNs += ns;
        _latency.Add(ns);
    }

    /// <summary>The sums as they are now.</summary>
    internal RecordedSyscall Summarize(int number) => new(
        SyscallNames.Of(number), _count, _errors, _totalNs, _latency.Quantile(0.5), _latency.Quantile(0.99), _latency.Max,
        _latency.ToPairs());

    /// <summary>It is not used any more.</summary>
    internal void Release()
    {
        _latency.Clear();
        stock.Push(_latency);
        _latency = null!;
    }
}
