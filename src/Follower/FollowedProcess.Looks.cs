namespace ForkFollow.Follower;

/// <summary>
/// Who looks into a process has something of it in his hands: a file that it runs, its memory behind a file of /proc. While it lives that
/// harms nobody, since it has that itself; but what is still held when others learn of its end keeps a file system from being
/// unmounted. So one looks between <see cref="TryEnter"/> and <see cref="Leave"/>. The tracer sees an end before anybody else
/// can: it lets nobody in any more, and waits until all have left, for a bounded time.
/// <code>
///   open, n inside ──exec──► shut ──all have left──► open
///        └──its end, or it is let go──► shut for good
/// </code>
/// </summary>
public sealed partial class FollowedProcess
{
    private const int Shut = int.MinValue;

    /// <summary>How many are inside, and <see cref="Shut"/>.</summary>
    private int _looks;

    /// <summary>
    /// Before one looks into it from another thread than the tracer's. False if that is over: it is dead or about to be, or is let
    /// go. Any thread.
    /// </summary>
    public bool TryEnter()
    {
        int now = Volatile.Read(ref _looks);
        while (now >= 0)
        {
            int found = Interlocked.CompareExchange(ref _looks, now + 1, now);
            if (found == now)
                return true;
            now = found;
        }

        return false;
    }

    /// <summary>Whoever is inside is to leave at once: the tracer waits for it. What takes longer than 0.1 ms looks at this on its way.</summary>
    public bool MustLeave => Volatile.Read(ref _looks) < 0;

    /// <summary>After a <see cref="TryEnter"/> that gave true. Nothing of the process is in one's hands any more.</summary>
    public void Leave() => Interlocked.Decrement(ref _looks);

    /// <summary>Somebody is inside.</summary>
    internal bool IsLookedInto => (Volatile.Read(ref _looks) & ~Shut) != 0;

    /// <summary>Nobody comes in from now on. A full fence. False if it was shut already.</summary>
    internal bool ShutLooks() => Interlocked.Or(ref _looks, Shut) >= 0;

    internal void OpenLooks() => Interlocked.And(ref _looks, ~Shut);
}
