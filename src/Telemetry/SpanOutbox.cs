using System.Diagnostics;

namespace ForkFollow.Telemetry;

/// <summary>
/// Hands ended spans to the SDK in portions, and knows what became of each: the next portion goes when the last one has been
/// accepted. The SDK alone would drop what exceeds its queue (2,048 spans) without a word, and a storm of 10,000 processes
/// exceeds it. While the endpoint is down or slow spans wait here, up to a limit; single spans find out, at growing
/// intervals, whether it is up again.
/// <para>A portion is at most what the SDK exports at once, so it is one request, and its outcome is the portion's. (If the
/// SDK's timer strikes while a portion is handed over it is two, and the later outcome counts for both.)</para>
/// <para>On the run's reader.</para>
/// </summary>
internal sealed class SpanOutbox(ExportWatch watch, Action flush, int portion, int mostPending)
{
    private static readonly long _collectTime = Stopwatch.Frequency;
    private static readonly long _firstPause = Stopwatch.Frequency;
    private static readonly long _longestPause = 10 * Stopwatch.Frequency;

    private readonly Queue<SpanEntry> _pending = new();
    private ExportCounts _before;
    private int _sent;
    private long _sentAt;
    private long _oldest;
    private long _pause;
    private long _notBefore;

    /// <summary>Spans that were accepted.</summary>
    internal long Delivered { get; private set; }

    /// <summary>Spans that were not, or not as far as we know.</summary>
    internal long Lost { get; private set; }

    /// <summary>Spans wait, or are under way.</summary>
    internal bool IsBusy => _sent > 0 || _pending.Count > 0;

    /// <summary>The last that was tried failed.</summary>
    internal bool IsDown => _pause > 0;

    /// <summary>Takes a span that has ended.</summary>
    internal void Add(SpanEntry entry, long now)
    {
        if (entry.Activity is null)
            return;
        if (_pending.Count >= mostPending)
        {
            entry.Activity = null;
            Lost++;
            return;
        }

        if (_pending.Count == 0)
            _oldest = now;
        _pending.Enqueue(entry);
    }

    /// <summary>Goes on: takes the outcome of what is under way, and sends what is due.</summary>
    /// <param name="complete">Writes what is known of a process into its span and stops it.</param>
    /// <param name="now">A Stopwatch timestamp.</param>
    /// <param name="hurry">Not to wait for a portion to fill, nor for a pause to end.</param>
    /// <param name="patience">How long an answer is waited for, in Stopwatch ticks: longer than the exporter's own deadline.</param>
    internal void Pump(Action<SpanEntry> complete, long now, bool hurry, long patience)
    {
        if (_sent > 0 && !TakeOutcome(now, patience))
            return;
        if (_pending.Count == 0 || (!hurry && (now < _notBefore || !IsDue(now))))
            return;
        _before = watch.Read(Signal.Traces);
        _sent = Math.Min(IsDown ? 1 : portion, _pending.Count);
        _sentAt = now;
        for (int i = 0; i < _sent; i++)
            complete(_pending.Dequeue());
        _oldest = now;
        flush();
    }

    /// <summary>Gives up: all that is left is lost.</summary>
    internal void GiveUp()
    {
        Lost += _sent + _pending.Count;
        _sent = 0;
        while (_pending.TryDequeue(out SpanEntry? entry))
            entry.Activity = null;
    }

    private bool IsDue(long now) => _pending.Count >= portion || now - _oldest >= _collectTime;

    private bool TakeOutcome(long now, long patience)
    {
        ExportCounts counts = watch.Read(Signal.Traces);
        bool answered = counts.Successes + counts.Failures > _before.Successes + _before.Failures;
        if (!answered && now - _sentAt < patience)
            return false;
        if (answered && !counts.LastFailed)
        {
            Delivered += _sent;
            _pause = 0;
        }
        else
        {
            Lost += _sent;
            _pause = Math.Clamp(_pause * 2, _firstPause, _longestPause);
        }

        _notBefore = now + _pause;
        _sent = 0;
        return true;
    }
}
