using System.Diagnostics;

namespace ForkFollow.Tests;

/// <summary>The ways to wait in a test: each has an end, and says then what it has waited for.</summary>
internal static class Wait
{
    /// <summary>Far more than anything takes on a busy machine: who waits so long waits in vain.</summary>
    internal static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Waits for a task.</summary>
    internal static async Task For(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"waited in vain for {what}");
        }
    }

    /// <inheritdoc cref="For(Task, string)"/>
    internal static async Task<T> For<T>(Task<T> task, string what)
    {
        await For((Task)task, what);
        return await task;
    }

    /// <summary>Waits for something that nothing reports: looks again and again.</summary>
    internal static async Task UntilAsync(Func<bool> isSo, string what)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            if (Stopwatch.GetElapsedTime(begun) > Limit)
                throw new TimeoutException($"never: {what}");
            await Task.Delay(5);
        }
    }

    /// <summary>The next line; null at the end.</summary>
    internal static Task<string?> LineAsync(this TextReader reader) =>
        For(reader.ReadLineAsync(CancellationToken.None).AsTask(), "a line");

    /// <summary>The same, for a test that is not asynchronous.</summary>
    internal static string? Line(this TextReader reader) => reader.LineAsync().GetAwaiter().GetResult();

    /// <summary>Waits until a process has ended.</summary>
    internal static Task EndedAsync(this Process process) =>
        For(process.EndedAsync(CancellationToken.None), $"the end of {process.StartInfo.FileName}");

    /// <summary>Waits until a process has ended, for as long as a token lets.</summary>
    internal static Task EndedAsync(this Process process, CancellationToken limit)
    {
#pragma warning disable RS0030 // here it has its deadline
        return process.WaitForExitAsync(limit);
#pragma warning restore RS0030
    }
}
