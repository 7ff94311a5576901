namespace Lifetimes;

/// <summary>How many processes of each program there were, and how long they lived. Any thread.</summary>
internal sealed class LifetimeTable
{
    private readonly SortedDictionary<string, (int Count, long Ns)> _programs = new(StringComparer.Ordinal);

    internal void Add(string program, long nanoseconds)
    {
        lock (_programs)
        {
            (int count, long ns) = _programs.GetValueOrDefault(program);
            _programs[program] = (count + 1, ns + nanoseconds);
        }
    }

    internal void Write(TextWriter output)
    {
        lock (_programs)
        {
            foreach ((string program, (int count, long ns)) in _programs)
                output.WriteLine($"{program}: {count} processes, {ns / 1e6:F1} ms");
        }
    }
}
