namespace ForkFollow.Results;

/// <summary>
/// A process of a run that is under way: what is known of it, and what collectors have found out. The threads of the run write
/// it; any thread may read it, and finds null where something is not known yet.
/// </summary>
public abstract class LiveProcess
{
    private readonly Lock _lock = new();
    private ResultValue[] _values = [];
    private ResultTable[] _tables = [];

    /// <summary>Birth order in the run, from 1: what results refer to, since pids are reused.</summary>
    public abstract int Id { get; }

    /// <summary>The id of who made it; null for a target, and if that is not known.</summary>
    public abstract int? ParentId { get; }

    /// <summary>The process id, in our pid namespace.</summary>
    public abstract int Pid { get; }

    /// <summary>attached, launched, fork, vfork or clone.</summary>
    public abstract string Origin { get; }

    /// <summary>What it is called, wherever it is shown: as <see cref="RecordedProcess.Name"/>.</summary>
    public abstract string Name { get; }

    /// <summary>Its command name, as the kernel keeps it.</summary>
    public abstract string Comm { get; }

    /// <summary>How many programs it has executed.</summary>
    public abstract int ExecCount { get; }

    /// <summary>The program that it runs: the last one that it, or its nearest ancestor before the fork, has executed, or was found running when we attached; null if there is none.</summary>
    public abstract RecordedExec? Image { get; }

    /// <summary>Its birth, in nanoseconds from the start of the run.</summary>
    public abstract long StartNs { get; }

    /// <summary>It has died, was let go, or was lost.</summary>
    public abstract bool HasEnded { get; }

    /// <summary>Children whose first stop is still to come: more may be born of it even when it has ended.</summary>
    public abstract int UnbornChildren { get; }

    /// <summary>Its collectors have handed over what they found out at its end; some may complete it when the run ends.</summary>
    public abstract bool IsClosed { get; }

    /// <summary>How many samples of all kinds there are of it; complete after its end.</summary>
    public long Samples { get; set; }

    /// <summary>How many records of the run were lost, since a ring was full, until it wrote the next one.</summary>
    public long Lost { get; set; }

    /// <summary>What its threads waited; null if that was not collected, and before its end.</summary>
    public RecordedWaits? Waits { get; set; }

    /// <summary>Its system calls, the longest total first; null if there are none, and before its end.</summary>
    public IReadOnlyList<RecordedSyscall>? Syscalls { get; set; }

    /// <summary>How often each traced event happened; null if there is none, and before its end.</summary>
    public IReadOnlyDictionary<string, long>? Events { get; set; }

    /// <summary>How it looked over time; null if that was not collected, and before its end.</summary>
    public IReadOnlyList<RecordedTick>? Procfs { get; set; }

    /// <summary>What its .NET runtime told; null if it has none, that was not collected, and before its stream ended.</summary>
    public RecordedDotNet? DotNet { get; set; }

    /// <summary>The names of the collectors that were opened on it. The same list for all processes that have the same.</summary>
    public IReadOnlyList<string> CollectorNames { get; protected set; } = [];

    /// <summary>Values that a collector or observer of somebody else's has found out, by name.</summary>
    public IReadOnlyList<ResultValue> Values => Volatile.Read(ref _values);

    /// <summary>Tables that a collector or observer of somebody else's has found out, by name.</summary>
    public IReadOnlyList<ResultTable> Tables => Volatile.Read(ref _tables);

    /// <summary>
    /// Sets a named value: in tree.json, the terminal (<c>-v</c>), the page and telemetry it is shown with the process. Any thread.
    /// One of the same name is replaced. What is set by the time that observers are told of its end (<c>Exited</c>, <c>Detached</c>)
    /// or its collectors are closed is everywhere; later, until listeners have been told <c>Followed</c>, in files and on the
    /// terminal alone. It allocates: not for calls in which the process is held.
    /// </summary>
    /// <param name="name">Dotted lower-case words that begin with whose it is, as in OpenTelemetry: <c>lifetimes.sleep.time</c>.</param>
    /// <param name="value">A number or a text.</param>
    /// <param name="unit">The unit by UCUM: s, ns, By, {request}; empty for none.</param>
    public void SetValue(string name, ResultCell value, string unit = "")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(unit);
        Replace(ref _values, new(name, value, unit), static value => value.Name);
    }

    /// <summary>Sets a named table, like <see cref="SetValue"/>.</summary>
    /// <param name="table">The table; its lists are kept, and must not be changed any more.</param>
    /// <exception cref="ArgumentException">It has no name, or a row has more or fewer cells than there are columns.</exception>
    public void SetTable(ResultTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentException.ThrowIfNullOrWhiteSpace(table.Name, nameof(table));
        if (!table.IsRectangular)
            throw new ArgumentException($"a row of {table.Name} has more or fewer cells than the table has columns", nameof(table));
        Replace(ref _tables, table, static table => table.Name);
    }

    /// <summary>The process as it is recorded: complete, or as far as it has come.</summary>
    public abstract RecordedProcess Record();

    private void Replace<T>(ref T[] all, T one, Func<T, string> nameOf)
    {
        lock (_lock)
            Volatile.Write(ref all, [.. all.Where(other => nameOf(other) != nameOf(one)), one]);
    }
}
