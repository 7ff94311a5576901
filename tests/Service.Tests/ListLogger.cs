using Microsoft.Extensions.Logging;

namespace ForkFollow.Service.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class ListLogger : ILogger<ServiceManager>, ILoggerProvider
{
    private readonly List<string> _lines = [];

    internal string[] Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add(formatter(state, exception));
    }
}
