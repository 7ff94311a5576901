using System.Diagnostics;

namespace ForkFollow.Host;

/// <summary>What a signal that asks us to end means.</summary>
internal enum EndWish
{
    /// <summary>To end.</summary>
    First,

    /// <summary>The same wish, said again.</summary>
    Again,

    /// <summary>To quit at once.</summary>
    Quit,
}

/// <summary>
/// Tells a wish from one that is said twice: timeout(1) sends its signal to us and then to our whole group, a terminal that is
/// closed hangs up and so does its shell. So a second one counts a second after the first, and one that is typed as soon
/// as fingers can type it (timeout -s INT in the foreground is quicker). Any thread.
/// </summary>
internal sealed class EndWishes
{
    private static readonly TimeSpan _oneWish = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _oneKeystroke = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private long? _first;

    /// <param name="timestamp">When it came.</param>
    /// <param name="typed">It came from our terminal, as far as that can be told.</param>
    internal EndWish Take(long timestamp, bool typed)
    {
        lock (_lock)
        {
            if (_first is not { } first)
            {
                _first = timestamp;
                return EndWish.First;
            }

            return Stopwatch.GetElapsedTime(first, timestamp) < (typed ? _oneKeystroke : _oneWish) ? EndWish.Again : EndWish.Quit;
        }
    }
}
