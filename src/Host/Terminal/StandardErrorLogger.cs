using Microsoft.Extensions.Logging;

namespace ForkFollow.Host;

/// <summary>Logs to standard error, a line per entry, in our own form: <c>forkfollow: text</c>.</summary>
internal sealed class StandardErrorLoggerProvider : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger();

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Logger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string text = SafeText.Escape(formatter(state, exception));
            StandardError.Say(exception is null ? text : $"{text}: {SafeText.Escape(exception.Message)}");
        }
    }
}
