using System.Diagnostics;

namespace ForkFollow.Follower.KernelTests;

/// <summary>The one time limit of a test. Nothing else in a test depends on time.</summary>
internal sealed class Deadline(Func<string> seen)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    private readonly long _start = Stopwatch.GetTimestamp();

    private TimeSpan Left
    {
        get
        {
            TimeSpan left = _limit - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
        }
    }

    /// <summary>Waits for the task; if it takes too long the test fails with all that was seen.</summary>
    internal async Task<T> Of<T>(Task<T> task, string what)
    {
        await Of((Task)task, what);
        return await task;
    }

    internal async Task Of(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Left);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"waited in vain for: {what}\n{seen()}");
        }
    }

    /// <summary>Waits for a condition of the kernel that nothing reports: looks again and again.</summary>
    internal async Task Until(Func<bool> condition, string what)
    {
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(_start) > _limit)
                throw new TimeoutException($"waited in vain until: {what}\n{seen()}");
            await Task.Delay(2);
        }
    }
}
