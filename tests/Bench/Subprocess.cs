using System.ComponentModel;
using System.Diagnostics;

namespace ForkFollow.Bench;

/// <summary>A program and its arguments.</summary>
internal sealed record Command(string File, params string[] Arguments)
{
    public override string ToString() => string.Join(' ', Arguments.Prepend(Path.GetFileName(File)));
}

/// <summary>
/// A program that runs, with its three streams in our hands. Whatever goes wrong with it becomes one
/// <see cref="BenchException"/> that carries its standard error. One caller at a time.
/// </summary>
internal sealed class Subprocess : IDisposable
{
    /// <summary>Far above any run, so that a tracer that hangs its workload ends the bench with a message.</summary>
    private static readonly TimeSpan _runLimit = TimeSpan.FromSeconds(180);

    private readonly Command _command;
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationToken _interrupt;

    private Subprocess(Command command, TimeSpan limit, CancellationToken token)
    {
        _command = command;
        _interrupt = token;
        var start = new ProcessStartInfo(command.File, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Not the caller's: a run should not pick up settings, or leave files, where the user happens to stand.
            WorkingDirectory = AppContext.BaseDirectory,
        };
        // An exporter or other settings that the user's environment switches on would be measured along.
        var exporters = start.Environment.Keys.Where(
            n => n.StartsWith("OTEL_", StringComparison.Ordinal) || n.StartsWith("FORKFOLLOW_", StringComparison.Ordinal));
        foreach (var name in exporters.ToList())
        {
            start.Environment.Remove(name);
        }

        try
        {
            StartedAt = Stopwatch.GetTimestamp();
            _process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new BenchException($"cannot start {command.File}: {e.Message}");
        }

        _errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        _limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        _limit.CancelAfter(limit);
    }

    /// <summary>The clock right before the start.</summary>
    public long StartedAt { get; }

    public int Id => _process.Id;

    public static Subprocess Start(Command command, CancellationToken token) => new(command, _runLimit, token);

    /// <summary>Runs a command to its end and gives its standard output; an exit code but 0 is an error.</summary>
    public static async Task<string> RunAsync(
        Command command, CancellationToken token, TimeSpan? limit = null, Action<int>? started = null)
    {
        using var process = new Subprocess(command, limit ?? _runLimit, token);
        started?.Invoke(process.Id);
        process._process.StandardInput.Close();
        return await process.FinishAsync();
    }

    /// <summary>The next line of its standard output; an error if it ends without one.</summary>
    public async Task<string> ReadLineAsync()
    {
        string? line;
        try
        {
            line = await _process.StandardOutput.ReadLineAsync(_limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw await StoppedAsync();
        }

        if (line is null)
        {
            await FinishAsync();
            throw new BenchException($"`{_command}` ended before it had said all");
        }

        return line;
    }

    /// <summary>Writes a line to its standard input.</summary>
    public async Task WriteLineAsync()
    {
        try
        {
            await _process.StandardInput.WriteLineAsync();
            await _process.StandardInput.FlushAsync(_interrupt);
        }
        catch (IOException)
        {
            await FinishAsync();
            throw new BenchException($"`{_command}` ended while it was expected to read on");
        }
    }

    /// <summary>Waits for its end and gives the rest of its standard output.</summary>
    public async Task<string> FinishAsync()
    {
        string output;
        try
        {
            output = await _process.StandardOutput.ReadToEndAsync(_limit.Token);
            await _process.WaitForExitAsync(_limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw await StoppedAsync();
        }

        return _process.ExitCode == 0
            ? output
            : throw new BenchException(
                $"`{_command}` ended with exit code {_process.ExitCode}{await TailAsync(output)}");
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
        _limit.Dispose();
    }

    /// <summary>Why a wait was given up: by the user, or since the program took too long.</summary>
    private async Task<Exception> StoppedAsync()
    {
        Kill();
        return _interrupt.IsCancellationRequested
            ? new OperationCanceledException(_interrupt)
            : new BenchException($"`{_command}` did not end in time and was killed{await TailAsync("")}");
    }

    private void Kill()
    {
        try
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended meanwhile: just what was wanted.
        }
    }

    /// <summary>The end of what it said. A build tells its errors on standard output: the second choice.</summary>
    private async Task<string> TailAsync(string output)
    {
        // A left-behind descendant may hold the stream open: it must not keep us from reporting.
        var known = await Task.WhenAny(_errors, Task.Delay(TimeSpan.FromSeconds(2), CancellationToken.None)) == _errors;
        var said = known ? (await _errors).Trim() : "";
        var text = said.Length > 0 ? said : output;
        var lines = text.Split('\n').Where(line => !string.IsNullOrWhiteSpace(line)).ToList();
        return lines.Count == 0 ? "; it said nothing" : $":\n  {string.Join("\n  ", lines.TakeLast(15))}";
    }
}
