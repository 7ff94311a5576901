namespace ForkFollow.Results.Tests;

/// <summary>A run while it goes: who waits for a change, and who reads in pieces.</summary>
public sealed class LiveRunTests
{
    [Fact]
    public async Task Several_may_wait_for_a_change_of_the_same_run()
    {
        var run = new MadeRun();
        Task[] waits = [.. Enumerable.Range(0, 3).Select(_ => run.WaitForChangeAsync(0, CancellationToken.None))];
        Assert.All(waits, wait => Assert.False(wait.IsCompleted));
        run.Begin();
        await Wait.For(Task.WhenAll(waits), "the change");
        Assert.True(run.WaitForChangeAsync(0, CancellationToken.None).IsCompleted);
        Assert.False(run.WaitForChangeAsync(run.Version, CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task Who_cancels_waits_no_longer_and_harms_nobody()
    {
        var run = new MadeRun();
        using var cancelled = new CancellationTokenSource();
        Task first = run.WaitForChangeAsync(0, cancelled.Token);
        Task second = run.WaitForChangeAsync(0, CancellationToken.None);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        run.Begin();
        await Wait.For(second, "the change");
    }

    [Fact]
    public void All_processes_are_recorded_in_birth_order_however_many()
    {
        var run = new MadeRun();
        for (int i = 0; i < 1_000; i++)
            run.Begin();
        Assert.Equal(Enumerable.Range(1, 1_000), run.Record().Processes.Select(process => process.Id));
    }
}
