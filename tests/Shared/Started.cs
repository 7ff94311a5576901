using System.Diagnostics;

namespace ForkFollow.Tests;

/// <summary>How a program ended, and what it wrote.</summary>
internal sealed record Finished(int Status, string Output, string Errors);

/// <summary>
/// A process that a test starts, and all that come of it: they end when this is disposed, so that a test that fails or is skipped
/// leaves nobody behind. They are found by a word in their environment, also where their parent is gone.
/// </summary>
internal sealed class Started : Process
{
    internal const string Word = "FORKFOLLOW_TEST_STARTED";

    private readonly string _mark = $"{Word}={Guid.NewGuid():N}";

    private bool _disposed;

    private Started(ProcessStartInfo start)
    {
        start.Environment[Word] = _mark[(Word.Length + 1)..];
        StartInfo = start;
#pragma warning disable RS0030 // here it ends with the test
        Start();
#pragma warning restore RS0030
    }

    internal static Started Begin(ProcessStartInfo start) => new(start);

    internal static Started Begin(string program, params IEnumerable<string> arguments) => new(new(program, arguments));

    /// <summary>Runs a program to its end.</summary>
    internal static Task<Finished> RunAsync(string program, params IEnumerable<string> arguments) =>
        RunAsync(new ProcessStartInfo(program, arguments));

    /// <inheritdoc cref="RunAsync(string, IEnumerable{string})"/>
    internal static async Task<Finished> RunAsync(ProcessStartInfo start, string input = "", TimeSpan? limit = null)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Started process = Begin(start);
        using var deadline = new CancellationTokenSource(limit ?? Wait.Limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.EndedAsync(deadline.Token);
            return new(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end in {limit ?? Wait.Limit}");
        }
    }

    /// <summary>Runs a tool to its end, and gives its output; a failure fails the test with what it said.</summary>
    internal static async Task<string> OutputAsync(string program, params IEnumerable<string> arguments)
    {
        Finished finished = await RunAsync(program, arguments);
        Assert.True(finished.Status == 0, $"{program}: exit {finished.Status}\n{finished.Errors}");
        return finished.Output;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Itself first: who hangs in the kernel until it ends would keep us from looking.
            if (!_disposed && !HasExited)
                Signalling.TryKill(Id);
            KillAll();
            _disposed = true;
        }

        base.Dispose(disposing);
    }

    /// <summary>Until a look finds nobody: whoever is killed may have made another in between.</summary>
    private void KillAll()
    {
        long begun = Stopwatch.GetTimestamp();
        while (Marked() is { Count: > 0 } found && Stopwatch.GetElapsedTime(begun) < Wait.Limit)
        {
            found.ForEach(Signalling.TryKill);
            Thread.Sleep(1);
        }
    }

    private List<int> Marked()
    {
        var found = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out int pid) && IsMarked(folder))
                found.Add(pid);
        }

        return found;
    }

    /// <summary>Of a zombie it is empty, of another user's process not ours to read.</summary>
    private bool IsMarked(string folder)
    {
        try
        {
            return File.ReadAllText(folder + "/environ").Split('\0').Contains(_mark);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
