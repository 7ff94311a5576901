using System.Globalization;
using ForkFollow.Collectors;

namespace ForkFollow.Host;

/// <summary>
/// One line on the terminal while a run goes on: <c>forkfollow: 12 processes alive, 340 seen, 1:23</c>. Rewritten in place twice a
/// second if it has changed, and only while the terminal is ours alone to write on: nothing can tell when somebody else does. Any thread may call; a lock keeps writers apart, so that nothing is
/// written once <see cref="Dispose"/> has returned.
/// </summary>
internal sealed class StatusLine : IDisposable
{
    private const string EraseLine = "\r\e[K";

    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);
    private static volatile StatusLine? _shown;

    private readonly Lock _lock = new();
    private readonly TextWriter _output;
    private readonly Func<bool> _ours;
    private readonly Func<(int Alive, int Seen)> _counts;
    private readonly Func<int> _width;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;

    /// <summary>What is on the terminal; empty if nothing of ours.</summary>
    private string _text = "";
    private bool _disposed;

    /// <param name="output">The terminal.</param>
    /// <param name="ours">Whether it is ours to write on now: we are in its foreground.</param>
    /// <param name="counts">How many processes are alive, and how many were seen.</param>
    /// <param name="width">Columns of the terminal, which may change.</param>
    /// <param name="time">Clock and timer.</param>
    internal StatusLine(
        TextWriter output, Func<bool> ours, Func<(int Alive, int Seen)> counts, Func<int> width, TimeProvider time)
    {
        _output = output;
        _ours = ours;
        _counts = counts;
        _width = width;
        _time = time;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Update(), state: null, _interval, _interval);
    }

    /// <summary>Shows the line on standard error, a terminal.</summary>
    internal static StatusLine Show(RunResults results)
    {
        var line = new StatusLine(
            StandardError.Writer,
            () => Terminal.InForeground,
            () => (results.Alive, results.Count),
            () => Terminal.Width,
            TimeProvider.System);
        _shown = line;
        return line;
    }

    /// <summary>Writes something else to the terminal: the line makes way, and comes back at its next turn.</summary>
    internal static void Aside(Action write)
    {
        if (_shown is { } line)
            line.MakeWay(write);
        else
            write();
    }

    /// <summary>Erases the line; writes nothing if there is none. It comes back at its next turn.</summary>
    internal void Clear() => MakeWay(() => { });

    /// <summary>As <see cref="Aside"/>, for this line.</summary>
    internal void MakeWay(Action write)
    {
        lock (_lock)
        {
            Put("");
            write();
        }
    }

    /// <summary>Erases the line. It never comes back.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Interlocked.CompareExchange(ref _shown, null, this);
        lock (_lock)
        {
            Put("");

            // A callback of the timer may be on its way still.
            _disposed = true;
        }
    }

    private void Update()
    {
        lock (_lock)
        {
            if (_disposed || !_ours())
                return;
            (int alive, int seen) = _counts();
            string text = string.Create(
                CultureInfo.InvariantCulture,
                $"forkfollow: {alive} {(alive == 1 ? "process" : "processes")} alive, {seen} seen, "
                + $"{Units.Clock(_time.GetElapsedTime(_start))}");

            // A line that wraps could not be erased by a return to its start.
            Put(SafeText.Cut(text, _width() - 1, ""));
        }
    }

    private void Put(string text)
    {
        if (text == _text)
            return;

        // The cursor stays behind it, where the ^Z of the user does no harm.
        _output.Write(text.Length == 0 ? EraseLine : $"\r{text}\e[K");
        _output.Flush();
        _text = text;
    }
}
