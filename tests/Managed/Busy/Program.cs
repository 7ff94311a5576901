using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Busy;

/// <summary>
/// Does what it is told, a word per thing, and prints what the runtime itself says of it. Before and after it waits for a
/// line, so that whoever watches can begin and end in time; <c>now</c> as the first word spares both.
/// </summary>
internal static class Program
{
    private static readonly Lock _lock = new();

    private static void Main(string[] args)
    {
        bool waits = args is not ["now", ..];
        Console.WriteLine("ready");
        if (waits)
            Console.ReadLine();
        long hotNs = 0;
        TimeSpan pauseBefore = GC.GetTotalPauseDuration();
        long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var watch = Stopwatch.StartNew();
        foreach (string arg in args)
        {
            long before = OwnNs();
            Do(arg);
            if (arg.StartsWith("hot", StringComparison.Ordinal))
                hotNs += OwnNs() - before;
        }

        Console.WriteLine(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"gen0={GC.CollectionCount(0)} gen1={GC.CollectionCount(1)} gen2={GC.CollectionCount(2)} "
            + $"pauseNs={(GC.GetTotalPauseDuration() - pauseBefore).TotalNanoseconds:F0} "
            + $"allocated={GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore} contentions={Monitor.LockContentionCount} "
            + $"elapsedNs={watch.Elapsed.TotalNanoseconds:F0} hotNs={hotNs}"));
        if (waits)
            Console.ReadLine();
    }

    /// <summary>The CPU time of the main thread: what the runtime's others do meanwhile is not the method's.</summary>
    private static long OwnNs() => long.Parse(
        File.ReadAllText($"/proc/self/task/{Environment.ProcessId}/schedstat").Split(' ')[0],
        System.Globalization.CultureInfo.InvariantCulture);

    private static void Do(string what)
    {
        string[] parts = what.Split(':');
        int count = parts.Length > 1 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 1;
        switch (parts[0])
        {
            case "gc":
                Collect(count);
                break;
            case "throw":
                for (int i = 0; i < count; i++)
                    Throw(i);
                break;
            case "contend":
                for (int i = 0; i < count; i++)
                    Contend();
                break;
            case "hot":
                Hot(TimeSpan.FromMilliseconds(count));
                break;
            case "sort":
                Sort(TimeSpan.FromMilliseconds(count));
                break;
            case "allocate":
                Allocate(count);
                break;
            case "sleep":
                Thread.Sleep(count);
                break;
            case "pool":
                Parallel.For(0, count, _ => Thread.Sleep(20));
                break;
            default:
                break;
        }
    }

    /// <summary>Generation 2 count times, generation 1 twice as often, generation 0 thrice.</summary>
    private static void Collect(int count)
    {
        for (int i = 0; i < count; i++)
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: true);
            GC.Collect(1, GCCollectionMode.Forced, blocking: true);
            GC.Collect(1, GCCollectionMode.Forced, blocking: true);
            for (int k = 0; k < 3; k++)
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        }
    }

    /// <summary>Of three, two are InvalidOperationException and one FormatException.</summary>
    private static void Throw(int i)
    {
        try
        {
            throw i % 3 == 2 ? new FormatException("third") : new InvalidOperationException("first or second");
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
        }
    }

    /// <summary>Another thread waits for the lock 20 ms.</summary>
    private static void Contend()
    {
        Thread other;
        lock (_lock)
        {
            other = new Thread(() =>
            {
                lock (_lock)
                {
                }
            });
            other.Start();
            while ((other.ThreadState & System.Threading.ThreadState.WaitSleepJoin) == 0)
                Thread.Yield();
            Thread.Sleep(20);
        }

        other.Join();
    }

    /// <summary>For so much CPU time.</summary>
    private static void Hot(TimeSpan time)
    {
        TimeSpan end = Environment.CpuUsage.TotalTime + time;
        double sum = 0;
        while (Environment.CpuUsage.TotalTime < end)
            sum += HotLoop(100_000);
        GC.KeepAlive(sum);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double HotLoop(int rounds)
    {
        double sum = 0;
        for (int i = 1; i < rounds; i++)
            sum += Math.Sqrt(i) / i;
        return sum;
    }

    /// <summary>Work of System.Private.CoreLib alone, which is precompiled; for so much CPU time.</summary>
    private static void Sort(TimeSpan time)
    {
        TimeSpan end = Environment.CpuUsage.TotalTime + time;
        var random = new Random(1);
        decimal sum = 0;
        while (Environment.CpuUsage.TotalTime < end)
        {
            for (int i = 0; i < 1000; i++)
                sum += decimal.Parse("12345678.9012", System.Globalization.CultureInfo.InvariantCulture) / (random.Next(1, 1000) + 0.5m);
        }

        GC.KeepAlive(sum);
    }

    /// <summary>So many megabytes, in small objects of which a few survive for a while.</summary>
    private static void Allocate(int megabytes)
    {
        object?[] kept = new object?[10_000];
        for (long i = 0; i < megabytes * 10_000L; i++)
        {
            byte[] piece = new byte[80];
            if (i % 100 == 0)
                kept[i / 100 % kept.Length] = piece;
        }

        GC.KeepAlive(kept);
    }
}
