namespace ForkFollow.Symbols;

/// <summary>
/// Unwinds stacks of many processes, which come mixed but mostly one process for a while: keeps the sessions that were used
/// last, and the files of all. One thread.
/// </summary>
public sealed class Unwinder : IDisposable
{
    private const int MostSessions = 32;
    private const long MostCopied = 1L << 30;

    private readonly CodeSnapshots _snapshots;
    private readonly Func<int, UnwindImage?> _open;
    private readonly Dictionary<int, ProcessUnwinder?> _sessions = [];
    private readonly Dictionary<int, UnwindImage?> _images = [];
    private long _copied;
    private long _uses;

    /// <param name="snapshots">Where code was.</param>
    /// <param name="open">Opens the file of a module; null if it cannot be had. This closes it.</param>
    public Unwinder(CodeSnapshots snapshots, Func<int, UnwindImage?> open)
    {
        _snapshots = snapshots;
        _open = open;
    }

    /// <summary>Unwinds a stack; see <see cref="ProcessUnwinder.Unwind"/>.</summary>
    public int Unwind(int snapshot, ReadOnlySpan<ulong> registers, ReadOnlySpan<byte> stack, Span<ulong> frames)
    {
        ProcessUnwinder? session = SessionOf(snapshot);
        if (session is null)
            return 0;
        session.LastUse = ++_uses;
        return session.Unwind(registers, stack, frames);
    }

    /// <inheritdoc/>
    public void Dispose() => CloseAll();

    private void CloseAll()
    {
        foreach (ProcessUnwinder? session in _sessions.Values)
            session?.Dispose();
        _sessions.Clear();
        foreach (UnwindImage? image in _images.Values)
            image?.Dispose();
        _images.Clear();
        _copied = 0;
    }

    private ProcessUnwinder? SessionOf(int snapshot)
    {
        if (_sessions.TryGetValue(snapshot, out ProcessUnwinder? session))
            return session;
        if (_copied > MostCopied)
            CloseAll();
        if (_sessions.Count >= MostSessions)
        {
            int eldest = _sessions.MinBy(one => one.Value?.LastUse ?? 0).Key;
            _sessions[eldest]?.Dispose();
            _sessions.Remove(eldest);
        }

        session = ProcessUnwinder.Open(_snapshots[snapshot], ImageOf);
        _sessions.Add(snapshot, session);
        return session;
    }

    private UnwindImage? ImageOf(int module)
    {
        if (_images.TryGetValue(module, out UnwindImage? image))
            return image;
        image = _open(module);
        _images.Add(module, image);
        _copied += image?.Copied ?? 0;
        return image;
    }
}
