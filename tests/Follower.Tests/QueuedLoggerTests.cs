using Microsoft.Extensions.Logging;

namespace ForkFollow.Follower.Tests;

/// <summary>What takes the log may stand still: whoever logs does not.</summary>
public sealed class QueuedLoggerTests
{
    private readonly Taker _taker = new();

    [Fact]
    public async Task Who_logs_does_not_wait_for_a_terminal_that_stands_still_and_what_was_lost_is_told()
    {
        var logger = new QueuedLogger(_taker);
        for (int i = 0; i < 10_000; i++)
            logger.LogInformation("{Number}", i); // would hang here
        _taker.Gate.Set();
        await logger.FlushAsync();
        await logger.CompleteAsync();
        Assert.Equal("0", _taker.Lines[0]);
        string told = Assert.Single(_taker.Lines, line => line.Contains("were not told", StringComparison.Ordinal));
        int lost = int.Parse(told.Split(' ')[0]);
        Assert.Equal(10_000, _taker.Lines.Count - 1 + lost);
    }

    [Fact]
    public async Task Lines_come_in_their_order_with_their_values()
    {
        var logger = new QueuedLogger(_taker);
        _taker.Gate.Set();
        logger.LogWarning("{A} of {B}", 1, "two");
        logger.LogDebug("hidden");
        logger.LogError(new InvalidOperationException("broken"), "failed");
        await logger.FlushAsync();
        Assert.Equal(["1 of two", "failed broken"], _taker.Lines);
        await logger.CompleteAsync();
    }

    [Fact]
    public async Task A_taker_that_throws_ends_nothing()
    {
        var logger = new QueuedLogger(_taker);
        _taker.Gate.Set();
        _taker.Fault = new InvalidOperationException("broken");
        logger.LogWarning("lost");
        await logger.FlushAsync();
        _taker.Fault = null;
        logger.LogWarning("told");
        await logger.CompleteAsync();
        Assert.Contains("told", _taker.Lines);
    }

    [Fact]
    public async Task Its_end_does_not_wait_for_ever()
    {
        var logger = new QueuedLogger(_taker);
        logger.LogWarning("held");
        await logger.CompleteAsync();
        _taker.Gate.Set();
    }

    private sealed class Taker : ILogger
    {
        internal ManualResetEventSlim Gate { get; } = new();

        internal List<string> Lines { get; } = [];

        internal Exception? Fault { get; set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Gate.Wait();
            if (Fault is { } fault)
                throw fault;
            Lines.Add(formatter(state, exception) + (exception is null ? "" : " " + exception.Message));
        }
    }
}
