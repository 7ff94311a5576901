namespace ForkFollow.Follower.KernelTests;

/// <summary>The lines that come out of a pipe, kept in order.</summary>
internal sealed class Lines
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Deadline _deadline;
    private TaskCompletionSource _changed = NewSource();
    private bool _ended;
    private int _at;

    internal Lines(string name, Stream stream, Deadline deadline)
    {
        Name = name;
        _deadline = deadline;

        // A thread of its own: asynchronous reads of a pipe would block those of the pool, which others wait for.
        new Thread(() => Read(stream)) { IsBackground = true, Name = name }.Start();
    }

    internal string Name { get; }

    /// <summary>The next line.</summary>
    internal Task<string> NextAsync() => FindAsync(_ => true, "a line");

    /// <summary>The next line that is this one; those before it are skipped.</summary>
    internal Task<string> ExpectAsync(string line) => FindAsync(other => other == line, $"'{line}'");

    internal bool Has(string line)
    {
        lock (_lock)
            return _lines.Contains(line);
    }

    public override string ToString()
    {
        lock (_lock)
            return $"{Name}: {string.Join(" | ", _lines)}{(_ended ? " (end)" : "")}\n";
    }

    private async Task<string> FindAsync(Predicate<string> wanted, string what)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                while (_at < _lines.Count)
                {
                    string line = _lines[_at++];
                    if (wanted(line))
                        return line;
                }

                if (_ended)
                    throw new InvalidOperationException($"{what} never came on {this}");
                changed = _changed.Task;
            }

            await _deadline.Of(changed, $"{what} on {Name}");
        }
    }

    private void Read(Stream stream)
    {
        using var reader = new StreamReader(stream);
        try
        {
            while (reader.ReadLine() is { } line)
                Add(line, ended: false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }

        Add("", ended: true);
    }

    private void Add(string line, bool ended)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (ended)
                _ended = true;
            else
                _lines.Add(line);
            changed = _changed;
            _changed = NewSource();
        }

        changed.SetResult();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
