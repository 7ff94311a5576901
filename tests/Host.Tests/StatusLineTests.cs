namespace ForkFollow.Host.Tests;

public class StatusLineTests
{
    private readonly StringWriter _terminal = new();
    private readonly FakeTime _time = new();
    private (int Alive, int Seen) _counts = (12, 340);
    private int _width = 100;
    private bool _ours = true;

    [Fact]
    public void It_is_rewritten_in_place()
    {
        using StatusLine line = Make();
        _time.Tick(83);

        Assert.Equal("\rforkfollow: 12 processes alive, 340 seen, 1:23\x1b[K", _terminal.ToString());
    }

    [Fact]
    public void It_is_written_twice_a_second()
    {
        using StatusLine line = Make();

        Assert.Equal(TimeSpan.FromMilliseconds(500), _time.Period);
    }

    [Fact]
    public void One_process_is_no_plural()
    {
        _counts = (1, 1);
        using StatusLine line = Make();
        _time.Tick(0);

        Assert.Contains("1 process alive, 1 seen", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_written_while_nothing_changes()
    {
        using StatusLine line = Make();
        _time.Tick(0.5);
        string before = _terminal.ToString();
        _time.Tick(0.4);
        Assert.Equal(before, _terminal.ToString());

        _counts = (13, 341);
        _time.Tick(0);
        Assert.EndsWith(
            "\rforkfollow: 13 processes alive, 341 seen, 0:00\x1b[K", _terminal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_never_wraps()
    {
        _width = 20;
        using StatusLine line = Make();
        _time.Tick(0);

        Assert.Equal("\rforkfollow: 12 proc\x1b[K", _terminal.ToString());
    }

    [Fact]
    public void Cleared_it_is_erased_once_and_comes_back()
    {
        using StatusLine line = Make();
        line.Clear();
        Assert.Equal("", _terminal.ToString());

        _time.Tick(0);
        string shown = _terminal.ToString();
        line.Clear();
        line.Clear();
        Assert.Equal(shown + "\r\x1b[K", _terminal.ToString());

        _time.Tick(0);
        Assert.Equal(shown + "\r\x1b[K" + shown, _terminal.ToString());
    }

    [Fact]
    public void It_makes_way_for_another_text()
    {
        using StatusLine line = Make();
        _time.Tick(0);
        string shown = _terminal.ToString();
        line.MakeWay(() => _terminal.Write("a message\n"));

        Assert.Equal(shown + "\r\x1b[Ka message\n", _terminal.ToString());
    }

    [Fact]
    public void Disposed_it_is_erased_and_never_written_again()
    {
        StatusLine line = Make();
        _time.Tick(0);
        line.Dispose();
        string after = _terminal.ToString();
        Assert.EndsWith("\r\x1b[K", after, StringComparison.Ordinal);
        Assert.True(_time.TimerDisposed);

        // A callback that was on its way already.
        _counts = (1, 999);
        _time.Tick(5);
        line.Clear();
        line.Dispose();
        Assert.Equal(after, _terminal.ToString());
    }

    [Fact]
    public void In_the_background_nothing_is_written()
    {
        _ours = false;
        StatusLine line = Make();
        _time.Tick(5);
        line.Clear();
        line.Dispose();

        Assert.Equal("", _terminal.ToString());
    }

    [Fact]
    public void Aside_writes_also_when_no_line_is_shown()
    {
        bool written = false;
        StatusLine.Aside(() => written = true);

        Assert.True(written);
    }

    private StatusLine Make() => new(_terminal, () => _ours, () => _counts, () => _width, _time);

    /// <summary>A clock that stands until it is told to go on.</summary>
    private sealed class FakeTime : TimeProvider
    {
        private long _now;
        private TimerCallback? _callback;

        internal TimeSpan Period { get; private set; }

        internal bool TimerDisposed { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = callback;
            Period = period;
            return new FakeTimer(this);
        }

        /// <summary>Lets time pass, then calls back: even if the timer is disposed, as a real one may.</summary>
        internal void Tick(double seconds)
        {
            _now += (long)(seconds * TimeSpan.TicksPerSecond);
            _callback?.Invoke(null);
        }

        private sealed class FakeTimer(FakeTime owner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

            public void Dispose() => owner.TimerDisposed = true;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
