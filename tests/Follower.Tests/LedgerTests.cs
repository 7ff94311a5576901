namespace ForkFollow.Follower.Tests;

/// <summary>The ledger has an end, whatever befalls a run.</summary>
public sealed class LedgerTests
{
    [Fact]
    public void Of_a_million_entries_the_first_are_kept_and_all_are_counted()
    {
        var ledger = new LedgerList();
        LedgerEntry[] entries = [new(LedgerKind.Fault, 0, "first"), new(LedgerKind.Fault, 1, "again"), new(LedgerKind.Escaped, 7, "once")];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000_000; i++)
            ledger.Enqueue(entries[i == 0 ? 0 : 1]);
        ledger.Enqueue(entries[2]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);

        Assert.Equal([0, .. Enumerable.Repeat(1, LedgerList.MostOfAKind - 1), 7], ledger.Select(entry => entry.Pid));
        Assert.Equal((LedgerKind.Fault, 1_000_000L - LedgerList.MostOfAKind), Assert.Single(ledger.Omitted));
    }

    [Fact]
    public void Entries_of_several_threads_are_all_counted()
    {
        var ledger = new LedgerList();
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 50_000; i++)
                ledger.Enqueue(new(LedgerKind.Collector, 0, ""));
        });
        Assert.Equal((LedgerList.MostOfAKind, 200_000L - LedgerList.MostOfAKind), (ledger.Count, Assert.Single(ledger.Omitted).Count));
    }
}
